#include "lib/quant/dequantize.h"

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace gemma4 {
namespace {

// bf16 is the upper half of an f32.
float FromBf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

// IEEE half to single. Exponent and fraction move into place; multiplying by 2^112 then corrects
// the exponent's bias and, because it is done in f32, also makes subnormal halves normal.
float FromF16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fffu) << 13;
  if ((bits & 0x7c00u) == 0x7c00u) {  // infinity or NaN
    return std::bit_cast<float>(sign | 0x7f800000u | magnitude);
  }
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

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
  return type == DataType::kF32 || type == DataType::kF16 || type == DataType::kBF16;
}

size_t StoredSizeBytes(DataType type, size_t num_elements) {
  return DataTypeSizeBytes(type) * num_elements;
}

void Dequantize(DataType type, const std::byte* stored, std::span<float> out) {
  switch (type) {
    case DataType::kF32: std::memcpy(out.data(), stored, out.size_bytes()); return;
    case DataType::kBF16: Convert16(stored, out, FromBf16); return;
    case DataType::kF16: Convert16(stored, out, FromF16); return;
    default: assert(false && "not a weight type");
  }
}

}  // namespace gemma4
