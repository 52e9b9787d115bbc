#include "lib/quant/int8_rows.h"

#include <gtest/gtest.h>

#include <array>

namespace gemma4 {
namespace {

// By hand: max |x| = 254, scale 2; 3 / 2 = 1.5 and 5 / 2 = 2.5 both round to the even 2.
TEST(Int8RowsTest, ScalesByTheLargestMagnitudeAndRoundsHalvesToEven) {
  const std::array<float, 5> row = {254.0f, -254.0f, 3.0f, 5.0f, 0.0f};
  std::array<int8_t, 5> out = {};
  EXPECT_EQ(QuantizeInt8Row(row, out), 2.0f);
  EXPECT_EQ(out, (std::array<int8_t, 5>{127, -127, 2, 2, 0}));
}

TEST(Int8RowsTest, ARowOfZerosStaysZero) {
  const std::array<float, 3> row = {};
  std::array<int8_t, 3> out = {1, 2, 3};
  EXPECT_EQ(QuantizeInt8Row(row, out), 1.0f);
  EXPECT_EQ(out, (std::array<int8_t, 3>{0, 0, 0}));
}

}  // namespace
}  // namespace gemma4
