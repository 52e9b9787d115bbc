#include "lib/quant/dequantize.h"

#include <cassert>
#include <cstdint>
#include <cstring>

#include "lib/quant/ggml_blocks.h"
#include "lib/quant/half.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

template <typename Convert>
void Convert16(const std::byte* stored, std::span<float> out, Convert convert) {
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, stored + 2 * i, sizeof(bits));
    out[i] = convert(bits);
  }
}

}  // namespace

bool IsWeightType(DataType type) {
  return type == DataType::kF32 || type == DataType::kF16 || type == DataType::kBF16 ||
         type >= DataType::kQ4_0;
}

size_t StoredSizeBytes(DataType type, size_t num_elements) {
  const DataTypeBlock block = BlockOf(type);
  assert(num_elements % block.num_elements == 0);
  return num_elements / block.num_elements * block.size_bytes;
}

void Dequantize(DataType type, const std::byte* stored, std::span<float> out) {
  switch (type) {
    case DataType::kF32: std::memcpy(out.data(), stored, out.size_bytes()); return;
    case DataType::kBF16: Convert16(stored, out, Bf16ToFloat); return;
    case DataType::kF16: Convert16(stored, out, F16ToFloat); return;
    default: DequantizeGgmlBlocks(type, stored, out); return;
  }
}

void DequantizeRow(const TensorView& tensor, size_t row, std::span<float> out) {
  const std::byte* stored = tensor.data.data() + row * StoredSizeBytes(tensor.type, out.size());
  if (tensor.type != DataType::kW4G32) {
    Dequantize(tensor.type, stored, out);
    return;
  }
  const std::byte* scales =
      tensor.scales.data() + row * (out.size() / kInt4Block) * sizeof(uint16_t);
  for (size_t i = 0; i < out.size(); ++i) {
    uint16_t scale;
    std::memcpy(&scale, scales + i / kInt4Block * sizeof(scale), sizeof(scale));
    const int nibble = std::to_integer<int>(stored[i / 2] >> (4 * (i % 2))) & 15;
    out[i] = static_cast<float>(nibble - 8) * Bf16ToFloat(scale);
  }
}

}  // namespace gemma4
