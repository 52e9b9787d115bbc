#include "lib/ops/gelu.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

double Gelu(double z) {
  return 0.5 * z * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (z + 0.044715 * z * z * z)));
}

TEST(GeluTest, MatchesTheTanhFormOverItsWholeRange) {
  std::vector<float> gate, up;
  for (int i = -4000; i <= 4000; ++i) gate.push_back(static_cast<float>(i) / 200.0f);
  gate.insert(gate.end(), {1e4f, -1e4f, 3e38f, -3e38f, 0.0f});
  up.assign(gate.size(), 1.0f);
  std::vector<float> out(gate.size());
  GeluMul(gate.data(), gate.size(), up.data(), up.size(), 1, gate.size(), out.data(), out.size(),
          *MakePool(1));
  for (size_t i = 0; i < gate.size(); ++i) {
    const double expected = Gelu(gate[i]);
    // 1 - tanh cancels in the far left tail; there the formula itself is only near zero.
    EXPECT_NEAR(out[i], expected, 2e-7 + 1e-6 * std::fabs(expected)) << gate[i];
  }
}

TEST(GeluTest, TakesGateAndUpFromOneRowAndMayOverwriteTheGate) {
  const size_t rows = 5, size = 37;
  const std::vector<float> gate_up = SeededValues(rows * 2 * size, 8);
  std::vector<float> apart(rows * size), in_place = gate_up;
  auto pool = MakePool(2);
  GeluMul(gate_up.data(), 2 * size, gate_up.data() + size, 2 * size, rows, size, apart.data(), size,
          *pool);
  GeluMul(in_place.data(), 2 * size, gate_up.data() + size, 2 * size, rows, size, in_place.data(),
          2 * size, *pool);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < size; ++i) {
      const double expected = Gelu(gate_up[r * 2 * size + i]) * gate_up[r * 2 * size + size + i];
      EXPECT_NEAR(apart[r * size + i], expected, 1e-6);
      EXPECT_EQ(apart[r * size + i], in_place[r * 2 * size + i]);
    }
  }
}

}  // namespace
}  // namespace gemma4
