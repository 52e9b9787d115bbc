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
  GeluMulRow(gate.data(), up.data(), gate.size(), out.data());
  for (size_t i = 0; i < gate.size(); ++i) {
    const double expected = Gelu(gate[i]);
    // 1 - tanh cancels in the far left tail; there the formula itself is only near zero.
    EXPECT_NEAR(out[i], expected, 2e-7 + 1e-6 * std::fabs(expected)) << gate[i];
  }
}

TEST(GeluTest, MayOverwriteTheGate) {
  for (size_t size : {1, 15, 16, 37}) {
    const std::vector<float> gate = SeededValues(size, 8), up = SeededValues(size, 9);
    std::vector<float> apart(size), in_place = gate;
    GeluMulRow(gate.data(), up.data(), size, apart.data());
    GeluMulRow(in_place.data(), up.data(), size, in_place.data());
    for (size_t i = 0; i < size; ++i) EXPECT_NEAR(apart[i], Gelu(gate[i]) * up[i], 1e-6);
    EXPECT_EQ(apart, in_place);
  }
}

}  // namespace
}  // namespace gemma4
