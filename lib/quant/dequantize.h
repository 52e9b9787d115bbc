// Stored elements to f32: the one place that knows what a stored row means.
#ifndef GEMMA4_LIB_QUANT_DEQUANTIZE_H_
#define GEMMA4_LIB_QUANT_DEQUANTIZE_H_

#include <cstddef>
#include <span>

#include "lib/base/tensor_view.h"

namespace gemma4 {

// True for the types that hold weights: F32, F16, BF16, GGUF's blocks and W4G32.
bool IsWeightType(DataType type);

// Bytes of `num_elements` consecutive elements, a whole number of blocks.
size_t StoredSizeBytes(DataType type, size_t num_elements);

// out[i] = element i of `stored`, which may be unaligned and holds out.size() elements.
// REQUIRES: IsWeightType(type), and not kW4G32, whose scales lie elsewhere; out.size() is a whole
// number of blocks.
void Dequantize(DataType type, const std::byte* stored, std::span<float> out);

// Row `row` of a [rows, row_size] tensor, row_size = out.size().
void DequantizeRow(const TensorView& tensor, size_t row, std::span<float> out);

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_DEQUANTIZE_H_
