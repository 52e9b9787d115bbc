#include "lib/ops/log_sum_exp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

double Reference(const std::vector<float>& x, float largest) {
  long double sum = 0.0;
  for (float value : x) sum += std::exp(static_cast<long double>(value) - largest);
  return static_cast<double>(largest + std::log(sum));
}

TEST(LogSumExpTest, MatchesFloat64AtEverySize) {
  for (size_t size = 1; size <= 70; ++size) {
    const std::vector<float> x = SeededValues(size, size, /*deviation=*/10.0f);
    const float largest = *std::max_element(x.begin(), x.end());
    EXPECT_NEAR(LogSumExp(x, largest), Reference(x, largest), 1e-13) << size;
  }
  const std::vector<float> vocabulary = SeededValues(262144, 5, /*deviation=*/8.0f);
  const float largest = *std::max_element(vocabulary.begin(), vocabulary.end());
  EXPECT_NEAR(LogSumExp(vocabulary, largest), Reference(vocabulary, largest), 1e-12);
}

TEST(LogSumExpTest, ShiftsByTheLargestSoThatNothingOverflows) {
  const std::vector<float> huge(37, 3e38f), tiny(37, -3e38f);
  EXPECT_DOUBLE_EQ(LogSumExp(huge, 3e38f), static_cast<double>(3e38f));
  EXPECT_DOUBLE_EQ(LogSumExp(tiny, -3e38f), static_cast<double>(-3e38f));
  const std::vector<float> zeros(37, 0.0f);
  EXPECT_NEAR(LogSumExp(zeros, 0.0f), std::log(37.0), 1e-15);
}

TEST(LogSumExpTest, WhatIsFarBelowAddsNothing) {
  std::vector<float> x(37, -std::numeric_limits<float>::infinity());
  x[3] = -1e38f;
  x[4] = -900.0f;
  x[36] = -800.0f;
  x[7] = 2.0f;
  EXPECT_EQ(LogSumExp(x, 2.0f), 2.0);
}

}  // namespace
}  // namespace gemma4
