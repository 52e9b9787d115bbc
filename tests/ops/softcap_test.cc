#include "lib/ops/softcap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

TEST(SoftcapTest, MatchesF64AndNeverPassesTheCap) {
  std::vector<float> x = SeededValues(10007, 9, /*deviation=*/40.0f);
  x[0] = 1e30f;
  x[1] = -1e30f;
  const std::vector<float> before = x;
  Softcap(x, 30.0f, *MakePool(2));
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(x[i], 30.0 * std::tanh(double(before[i]) / 30.0), 1e-5) << before[i];
    ASSERT_LE(std::fabs(x[i]), 30.0f);
  }
}

}  // namespace
}  // namespace gemma4
