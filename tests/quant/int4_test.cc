#include "lib/quant/int4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "lib/quant/half.h"

namespace gemma4 {
namespace {

int Value(const std::vector<uint8_t>& nibbles, size_t i) {
  return (i % 2 == 0 ? nibbles[i / 2] & 15 : nibbles[i / 2] >> 4) - 8;
}

// By hand: the element of largest magnitude, 8, becomes -8, so the scale is -1.
TEST(Int4Test, BlocksAreRoundedAsQ4_0Is) {
  std::vector<float> row(64, 0.0f);
  row[0] = 8.0f;
  row[1] = -7.0f;
  row[2] = 2.5f;
  row[32] = -4.0f;  // the second block: scale 0.5
  row[33] = 3.5f;
  std::vector<uint8_t> nibbles(32);
  std::vector<uint16_t> scales(2);
  QuantizeInt4Blocks(row, nibbles, scales);
  EXPECT_EQ(Bf16ToFloat(scales[0]), -1.0f);
  EXPECT_EQ(Value(nibbles, 0), -8);
  EXPECT_EQ(Value(nibbles, 1), 7);
  EXPECT_EQ(Value(nibbles, 2), -2);  // trunc(-2.5 + 8.5) - 8
  EXPECT_EQ(Value(nibbles, 3), 0);
  EXPECT_EQ(Bf16ToFloat(scales[1]), 0.5f);
  EXPECT_EQ(Value(nibbles, 32), -8);
  EXPECT_EQ(Value(nibbles, 33), 7);
}

TEST(Int4Test, WhatLiesOnTheGridComesBack) {
  std::vector<float> row(32);
  for (size_t i = 0; i < 32; ++i)
    row[i] = -0.25f * static_cast<float>(static_cast<int>(i % 16) - 8);
  std::vector<uint8_t> nibbles(16);
  std::vector<uint16_t> scales(1);
  QuantizeInt4Blocks(row, nibbles, scales);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(static_cast<float>(Value(nibbles, i)) * Bf16ToFloat(scales[0]), row[i]);
  }
}

// A block that reaches only 5 steps of its grid: rounding as Q4_0 would move it to another.
TEST(Int4Test, ABlockThatDoesNotReachTheEndOfItsGridKeepsIt) {
  std::vector<float> row(32);
  for (size_t i = 0; i < 32; ++i) {
    const float value = 0.0123f * static_cast<float>(static_cast<int>(i % 11) - 5);
    row[i] = Bf16ToFloat(FloatToBf16(value));
  }
  ASSERT_TRUE(IsOnInt4Grid(row));
  std::vector<uint8_t> nibbles(16);
  std::vector<uint16_t> scales(1);
  QuantizeInt4Blocks(row, nibbles, scales);
  for (size_t i = 0; i < 32; ++i) {
    EXPECT_NEAR(static_cast<float>(Value(nibbles, i)) * Bf16ToFloat(scales[0]), row[i],
                0x1p-7f * std::fabs(row[i]));
  }
  row[7] *= 1.3f;
  EXPECT_FALSE(IsOnInt4Grid(row));
}

// Bytes by hand: scale 0.5, byte j holds elements j (low) and j + 16 (high).
TEST(Int4Test, Q4_0RowsAreTranscodedAsTheyAre) {
  std::vector<std::byte> stored(18);
  const uint16_t scale = FloatToF16(-0.5f);
  std::memcpy(stored.data(), &scale, 2);
  for (size_t j = 0; j < 16; ++j) {
    stored[2 + j] = static_cast<std::byte>(j | ((15 - j) << 4));
  }
  std::vector<uint8_t> nibbles(16);
  std::vector<uint16_t> scales(1);
  ASSERT_TRUE(TranscodeQ4_0Row(stored.data(), nibbles, scales));
  EXPECT_EQ(Bf16ToFloat(scales[0]), -0.5f);
  for (size_t j = 0; j < 16; ++j) {
    EXPECT_EQ(Value(nibbles, j), static_cast<int>(j) - 8);
    EXPECT_EQ(Value(nibbles, j + 16), 7 - static_cast<int>(j));
  }
  const uint16_t infinity = 0x7c00;
  std::memcpy(stored.data(), &infinity, 2);
  EXPECT_FALSE(TranscodeQ4_0Row(stored.data(), nibbles, scales));
}

TEST(Int4Test, RowsHaveOneScaleAndRoundHalvesToEven) {
  const std::vector<float> row = {7.0f, -7.0f, 2.5f, 3.5f};
  std::vector<uint8_t> nibbles(2);
  EXPECT_EQ(QuantizeInt4Row(row, nibbles), 1.0f);
  EXPECT_EQ(Value(nibbles, 0), 7);
  EXPECT_EQ(Value(nibbles, 1), -7);
  EXPECT_EQ(Value(nibbles, 2), 2);
  EXPECT_EQ(Value(nibbles, 3), 4);
}

TEST(Int4Test, ZerosStayZero) {
  const std::vector<float> row(32, 0.0f);
  std::vector<uint8_t> nibbles(16);
  std::vector<uint16_t> scales(1);
  QuantizeInt4Blocks(row, nibbles, scales);
  EXPECT_EQ(Bf16ToFloat(scales[0]), 1.0f);
  EXPECT_EQ(Value(nibbles, 31), 0);
  EXPECT_EQ(QuantizeInt4Row(row, nibbles), 1.0f);
  EXPECT_EQ(Value(nibbles, 31), 0);
}

}  // namespace
}  // namespace gemma4
