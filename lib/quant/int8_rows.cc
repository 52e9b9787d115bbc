#include "lib/quant/int8_rows.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gemma4 {

float QuantizeInt8Row(std::span<const float> row, std::span<int8_t> out) {
  assert(out.size() == row.size());
  float max_abs = 0.0f;
  for (float value : row) max_abs = std::max(max_abs, std::fabs(value));
  // A subnormal scale would lose its precision where XNNPACK flushes subnormals to zero.
  if (!(max_abs >= 0x1p-100f) || !std::isfinite(max_abs)) {
    std::fill(out.begin(), out.end(), int8_t{0});
    return 1.0f;
  }
  const float inverse = 127.0f / max_abs;
  // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even, and vectorises.
  constexpr float kRound = 12582912.0f;
  for (size_t i = 0; i < row.size(); ++i) {
    const float rounded = (row[i] * inverse + kRound) - kRound;
    out[i] = static_cast<int8_t>(rounded);
  }
  return max_abs / 127.0f;
}

}  // namespace gemma4
