#include "lib/quant/dequantize.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lib/quant/half.h"

namespace gemma4 {
namespace {

float One16(DataType type, uint16_t bits) {
  float value = 0;
  Dequantize(type, reinterpret_cast<const std::byte*>(&bits), std::span(&value, 1));
  return value;
}

TEST(DequantizeTest, Bf16IsTheUpperHalfOfAnF32) {
  EXPECT_EQ(One16(DataType::kBF16, 0x3f80), 1.0f);
  EXPECT_EQ(One16(DataType::kBF16, 0xc049), -3.140625f);
  EXPECT_TRUE(std::isnan(One16(DataType::kBF16, 0x7fc0)));
}

// Every one of the 65,536 halves against the definition in f64.
TEST(DequantizeTest, F16MeansWhatIeee754Says) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = One16(DataType::kF16, static_cast<uint16_t>(bits));
    const int exponent = (bits >> 10) & 0x1f;
    const double fraction = bits & 0x3ff;
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == 31) {
      ASSERT_EQ(std::isnan(value), fraction != 0) << bits;
      if (fraction == 0) {
        ASSERT_EQ(value, sign * HUGE_VAL) << bits;
      }
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(value, static_cast<float>(sign * expected)) << bits;
    }
  }
}

TEST(HalfTest, EveryHalfComesBackAndBetweenThemTheNearerOneWins) {
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {  // positive and finite
    const uint16_t half = static_cast<uint16_t>(bits);
    ASSERT_EQ(FloatToF16(F16ToFloat(half)), half);
    ASSERT_EQ(FloatToF16(-F16ToFloat(half)), half | 0x8000);
    if (bits + 1 == 0x7c00) continue;
    const double low = F16ToFloat(half), high = F16ToFloat(static_cast<uint16_t>(half + 1));
    const float middle = static_cast<float>((low + high) / 2);  // exact: halves have 11 bits
    const uint16_t even = static_cast<uint16_t>(half + (half & 1));
    ASSERT_EQ(FloatToF16(middle), even) << bits;
    ASSERT_EQ(FloatToF16(std::nextafter(middle, 0.0f)), half) << bits;
    ASSERT_EQ(FloatToF16(std::nextafter(middle, 1e9f)), half + 1) << bits;
  }
  EXPECT_EQ(FloatToF16(65520.0f), 0x7c00);
  EXPECT_EQ(FloatToF16(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToF16(1e30f), 0x7c00);
  EXPECT_EQ(FloatToF16(NAN), 0x7e00);
}

TEST(DequantizeTest, ReadsUnalignedBytes) {
  std::vector<std::byte> bytes(9);
  const float value = 1.5f;
  std::memcpy(bytes.data() + 1, &value, 4);
  std::memcpy(bytes.data() + 5, &value, 4);
  std::vector<float> out(2);
  Dequantize(DataType::kF32, bytes.data() + 1, out);
  EXPECT_EQ(out, (std::vector<float>{1.5f, 1.5f}));
}

TEST(DequantizeTest, RowsOfATensorFollowEachOther) {
  const std::vector<uint16_t> bits = {0x3f80, 0x4000, 0x4040, 0x4080};  // 1 2 3 4
  const TensorView tensor{"t", DataType::kBF16, {2, 2}, std::as_bytes(std::span(bits))};
  std::vector<float> row(2);
  DequantizeRow(tensor, 1, row);
  EXPECT_EQ(row, (std::vector<float>{3.0f, 4.0f}));
}

}  // namespace
}  // namespace gemma4
