// Stored elements to f32: the one place that knows what a stored row means.
#ifndef GEMMA4_LIB_QUANT_DEQUANTIZE_H_
#define GEMMA4_LIB_QUANT_DEQUANTIZE_H_

#include <cstddef>
#include <span>

#include "lib/base/tensor_view.h"

namespace gemma4 {

// True for the types that hold weights: F32, F16, BF16 and GGUF's blocks.
bool IsWeightType(DataType type);

// Bytes of `num_elements` consecutive elements, a whole number of blocks.
size_t StoredSizeBytes(DataType type, size_t num_elements);

// out[i] = element i of `stored`, which may be unaligned and holds out.size() elements.
// REQUIRES: IsWeightType(type); out.size() is a whole number of blocks.
void Dequantize(DataType type, const std::byte* stored, std::span<float> out);

// Row `row` of a [rows, row_size] tensor, row_size = out.size().
inline void DequantizeRow(const TensorView& tensor, size_t row, std::span<float> out) {
  Dequantize(tensor.type, tensor.data.data() + row * StoredSizeBytes(tensor.type, out.size()), out);
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_DEQUANTIZE_H_
