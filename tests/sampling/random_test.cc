#include "lib/sampling/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace gemma4 {
namespace {

// The first outputs of pcg32-demo (pcg-random.org, pcg-c-basic): start 42, sequence 54.
TEST(Pcg32Test, GivesTheNumbersOfTheReferenceCode) {
  const std::array<uint32_t, 6> expected = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                            0x83d2f293, 0xbfa4784b, 0xcbed606e};
  Pcg32 random(42, 54);
  for (uint32_t value : expected) EXPECT_EQ(random.Next(), value);
}

// The first output of the reference splitmix64.c (prng.di.unimi.it) for the states 0 and 1234567.
TEST(SplitMix64Test, GivesTheNumbersOfTheReferenceCode) {
  EXPECT_EQ(SplitMix64(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(SplitMix64(1234567), 6457827717110365317u);
}

TEST(Pcg32Test, UnitNumbersStayBelowOneAndSpreadEvenly) {
  Pcg32 random = Pcg32::FromSeed(7);
  std::array<int, 10> counts = {};
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double unit = random.NextUnit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    ++counts[static_cast<size_t>(unit * 10.0)];
  }
  // Standard deviation of a tenth: sqrt(100000 * 0.1 * 0.9) = 95.
  for (int count : counts) EXPECT_NEAR(count, kDraws / 10, 5 * 95);
}

// Neighbouring seeds are what users try.
TEST(Pcg32Test, FirstDrawsOfNeighbouringSeedsSpreadEvenly) {
  std::array<int, 10> counts = {};
  constexpr int kSeeds = 100000;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ++counts[static_cast<size_t>(Pcg32::FromSeed(seed).NextUnit() * 10.0)];
  }
  for (int count : counts) EXPECT_NEAR(count, kSeeds / 10, 5 * 95);
}

}  // namespace
}  // namespace gemma4
