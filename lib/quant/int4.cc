#include "lib/quant/int4.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "lib/quant/half.h"

namespace gemma4 {
namespace {

// Below this a scale would be subnormal as bf16 or f32, which XNNPACK refuses.
constexpr float kSmallestMagnitude = 0x1p-100f;

uint8_t Pack(int even, int odd) { return static_cast<uint8_t>((even & 15) | (odd << 4)); }

// In units of the step a float on the grid is this near to a whole number: bf16 rounds by at most
// 2^-9 of the value, the scale's own rounding adds as much, and values reach 8 steps.
constexpr float kGridTolerance = 8.0f * 0x1p-8f;

bool FitsGrid(std::span<const float> block, float step) {
  const float inverse = 1.0f / step;
  for (float value : block) {
    const float scaled = value * inverse;
    const float nearest = std::nearbyint(scaled);
    const float tolerance = kGridTolerance * std::fabs(nearest) / 8.0f;
    if (!(std::fabs(scaled - nearest) <= tolerance && nearest >= -8.0f && nearest <= 7.0f)) {
      return false;
    }
  }
  return true;
}

// The step of the grid that the block lies on; 0 if there is none. `max`: the element of largest
// magnitude. It is -8 steps where the quantiser used all of the grid, fewer where not.
float GridStep(std::span<const float> block, float max) {
  for (const float steps : {-8.0f, 7.0f, 6.0f, 5.0f, 4.0f, 3.0f, 2.0f, 1.0f}) {
    if (FitsGrid(block, max / steps)) return max / steps;
  }
  return 0.0f;
}

float LargestMagnitude(std::span<const float> block) {
  float max = 0.0f;  // with its sign; the first one on ties
  for (float value : block) {
    if (std::fabs(value) > std::fabs(max)) max = value;
  }
  return max;
}

bool IsZero(float max) { return !(std::fabs(max) >= kSmallestMagnitude) || !std::isfinite(max); }

void QuantizeBlock(std::span<const float> block, std::span<uint8_t> nibbles, uint16_t* scale) {
  const float max = LargestMagnitude(block);
  if (IsZero(max)) {
    std::fill(nibbles.begin(), nibbles.end(), Pack(8, 8));
    *scale = FloatToBf16(1.0f);
    return;
  }
  const float grid_step = GridStep(block, max);
  const float step = grid_step != 0.0f ? grid_step : max / -8.0f;
  const float inverse = 1.0f / step;
  const auto quantize = [&](float value) {
    return std::clamp(static_cast<int>(value * inverse + 8.5f), 0, 15);
  };
  for (size_t i = 0; i < block.size(); i += 2) {
    nibbles[i / 2] = Pack(quantize(block[i]), quantize(block[i + 1]));
  }
  *scale = FloatToBf16(step);
}

}  // namespace

void QuantizeInt4Blocks(std::span<const float> row, std::span<uint8_t> nibbles,
                        std::span<uint16_t> scales) {
  assert(row.size() % kInt4Block == 0 && nibbles.size() == row.size() / 2 &&
         scales.size() == row.size() / kInt4Block);
  for (size_t b = 0; b < scales.size(); ++b) {
    QuantizeBlock(row.subspan(b * kInt4Block, kInt4Block),
                  nibbles.subspan(b * kInt4Block / 2, kInt4Block / 2), &scales[b]);
  }
}

bool IsOnInt4Grid(std::span<const float> row) {
  assert(row.size() % kInt4Block == 0);
  for (size_t i = 0; i < row.size(); i += kInt4Block) {
    const auto block = row.subspan(i, kInt4Block);
    const float max = LargestMagnitude(block);
    if (!IsZero(max) && GridStep(block, max) == 0.0f) return false;
  }
  return true;
}

bool TranscodeQ4_0Row(const std::byte* stored, std::span<uint8_t> nibbles,
                      std::span<uint16_t> scales) {
  constexpr size_t kBlockBytes = 18;
  constexpr size_t kHalf = kInt4Block / 2;
  for (size_t b = 0; b < scales.size(); ++b, stored += kBlockBytes) {
    uint16_t scale_bits;
    std::memcpy(&scale_bits, stored, sizeof(scale_bits));
    const float scale = F16ToFloat(scale_bits);
    if (!std::isfinite(scale)) return false;
    scales[b] = FloatToBf16(scale);
    // Byte j of a block holds elements j and j + 16.
    uint8_t q[kHalf];
    std::memcpy(q, stored + sizeof(scale_bits), kHalf);
    uint8_t* out = nibbles.data() + b * kHalf;
    for (size_t j = 0; j < kHalf; j += 2) {
      out[j / 2] = static_cast<uint8_t>((q[j] & 15) | (q[j + 1] << 4));
      out[(j + kHalf) / 2] = static_cast<uint8_t>((q[j] >> 4) | (q[j + 1] & 0xf0));
    }
  }
  return true;
}

float QuantizeInt4Row(std::span<const float> row, std::span<uint8_t> nibbles) {
  assert(row.size() % 2 == 0 && nibbles.size() == row.size() / 2);
  float max_abs = 0.0f;
  for (float value : row) max_abs = std::max(max_abs, std::fabs(value));
  if (!(max_abs >= kSmallestMagnitude) || !std::isfinite(max_abs)) {
    std::fill(nibbles.begin(), nibbles.end(), Pack(8, 8));
    return 1.0f;
  }
  const float inverse = 7.0f / max_abs;
  const auto quantize = [&](float value) {
    return static_cast<int>(std::nearbyint(value * inverse)) + 8;
  };
  for (size_t i = 0; i < row.size(); i += 2) {
    nibbles[i / 2] = Pack(quantize(row[i]), quantize(row[i + 1]));
  }
  return max_abs / 7.0f;
}

}  // namespace gemma4
