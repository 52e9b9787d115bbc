// The two 16-bit floating-point formats that weights are stored in.
#ifndef GEMMA4_LIB_QUANT_HALF_H_
#define GEMMA4_LIB_QUANT_HALF_H_

#include <bit>
#include <cstdint>

namespace gemma4 {

// bf16 is the upper half of an f32.
inline float Bf16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// To nearest, ties to even. REQUIRES: a finite value.
inline uint16_t FloatToBf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// IEEE half to single. Exponent and fraction move into place; multiplying by 2^112 then corrects
// the exponent's bias and, because it is done in f32, also makes subnormal halves normal.
inline float F16ToFloat(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fffu) << 13;
  if ((bits & 0x7c00u) == 0x7c00u) {  // infinity or NaN
    return std::bit_cast<float>(sign | 0x7f800000u | magnitude);
  }
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

// To nearest, ties to even; past the largest half, infinity.
inline uint16_t FloatToF16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65536 and more
  if (magnitude < 0x38800000u) {  // below 2^-14: subnormal as a half
    // Adding 1/2 puts the half's last bit, 2^-24, at the last bit of an f32, which rounds it.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  // Moves the exponent's bias from 127 to 15 and rounds 13 bits away; a carry into the exponent is
  // the right answer, also into infinity.
  const uint32_t rounded = magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_HALF_H_
