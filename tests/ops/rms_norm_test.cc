#include "lib/ops/rms_norm.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

// By hand: mean(3^2, 4^2) = 12.5, so each row is divided by sqrt(12.5) = 3.5355339.
TEST(RmsNormTest, ScalesByWeightAndNotByOnePlusWeight) {
  const std::array<float, 2> x = {3.0f, 4.0f}, weight = {1.0f, 0.5f};
  std::array<float, 2> y = {};
  RmsNorm(x.data(), 1, 2, weight, /*eps=*/0.0f, y.data(), *MakePool(1));
  EXPECT_NEAR(y[0], 0.84852814f, 1e-6f);
  EXPECT_NEAR(y[1], 0.56568542f, 1e-6f);
}

TEST(RmsNormTest, EpsIsInsideTheRoot) {
  const std::array<float, 1> x = {0.0f};
  std::array<float, 1> y = {1.0f};
  RmsNorm(x.data(), 1, 1, {}, 1e-6f, y.data(), *MakePool(1));
  EXPECT_EQ(y[0], 0.0f);
}

class RmsNormSizes : public ::testing::TestWithParam<size_t> {};

TEST_P(RmsNormSizes, MatchesF64OnOddSizesInPlaceAndWithThreads) {
  const size_t size = GetParam(), rows = 37;
  const std::vector<float> x = SeededValues(rows * size, 1), weight = SeededValues(size, 2);
  std::vector<float> y = x;
  RmsNorm(y.data(), rows, size, weight, 1e-6f, y.data(), *MakePool(3));
  for (size_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += double(x[r * size + i]) * x[r * size + i];
    const double inverse = 1.0 / std::sqrt(sum / double(size) + 1e-6);
    for (size_t i = 0; i < size; ++i) {
      const double expected = x[r * size + i] * inverse * weight[i];
      ASSERT_NEAR(y[r * size + i], expected, 1e-6 + 1e-6 * std::fabs(expected));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OddSizes, RmsNormSizes, ::testing::Values(1, 7, 16, 52, 255, 1536));

TEST(RmsNormTest, HeadsOfAWiderRowAreNormedApart) {
  const size_t rows = 3, heads = 2, size = 20, stride = 50;
  const std::vector<float> x = SeededValues(rows * stride, 3);
  std::vector<float> heads_out(rows * heads * size), one(size);
  RmsNormHeads(x.data(), stride, rows, heads, size, {}, 1e-6f, heads_out.data(), *MakePool(1));
  RmsNorm(x.data() + 2 * stride + size, 1, size, {}, 1e-6f, one.data(), *MakePool(1));
  for (size_t i = 0; i < size; ++i) EXPECT_EQ(heads_out[(2 * heads + 1) * size + i], one[i]);
}

TEST(RmsNormTest, AddRmsNormAddsThenScalesTheWholeStream) {
  const size_t size = 19;
  const std::vector<float> x = SeededValues(size, 4), weight = SeededValues(size, 5);
  const std::vector<float> before = SeededValues(size, 6);
  std::vector<float> normed(size), residual = before;
  RmsNorm(x.data(), 1, size, weight, 1e-6f, normed.data(), *MakePool(1));
  AddRmsNorm(x.data(), 1, size, weight, 1e-6f, 0.25f, residual.data(), *MakePool(1));
  for (size_t i = 0; i < size; ++i) {
    EXPECT_NEAR(residual[i], (before[i] + normed[i]) * 0.25f, 1e-6f);
  }
}

}  // namespace
}  // namespace gemma4
