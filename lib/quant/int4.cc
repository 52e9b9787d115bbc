#include "lib/quant/int4.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "lib/quant/half.h"

namespace gemma4 {
namespace {

// Below this a scale would be subnormal as bf16 or f32, which XNNPACK refuses.
constexpr float kSmallestMagnitude = 0x1p-100f;

uint8_t Pack(int even, int odd) { return static_cast<uint8_t>((even & 15) | (odd << 4)); }

void QuantizeBlock(std::span<const float> block, std::span<uint8_t> nibbles, uint16_t* scale) {
  float max = 0.0f;  // of largest magnitude, with its sign; the first one on ties
  for (float value : block) {
    if (std::fabs(value) > std::fabs(max)) max = value;
  }
  if (!(std::fabs(max) >= kSmallestMagnitude) || !std::isfinite(max)) {
    std::fill(nibbles.begin(), nibbles.end(), Pack(8, 8));
    *scale = FloatToBf16(1.0f);
    return;
  }
  const float step = max / -8.0f;
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
