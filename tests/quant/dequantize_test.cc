#include "lib/quant/dequantize.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <cstdint>
#include <vector>

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
      const double expected = exponent == 0 ? std::ldexp(fraction, -24)
                                            : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(value, static_cast<float>(sign * expected)) << bits;
    }
  }
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
