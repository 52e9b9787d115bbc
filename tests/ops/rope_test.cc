#include "lib/ops/rope.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

struct Turned {
  std::vector<float> before, after;
};

Turned Turn(const RopeFrequencies& frequencies, size_t position, size_t heads, size_t head_dim) {
  auto pool = MakePool(1);
  const size_t positions[] = {position};
  const size_t pairs = frequencies.num_rotated_pairs();
  std::vector<float> cosines(pairs), sines(pairs);
  frequencies.Angles(positions, cosines.data(), sines.data(), *pool);
  Turned turned;
  turned.before = turned.after = SeededValues(heads * head_dim, 7);
  ApplyRope(turned.after.data(), 1, heads, head_dim, cosines.data(), sines.data(), pairs, *pool);
  return turned;
}

// Spec 3.6: hd 8, factor 0.5, theta 10000 gives f = [1, 0.1, 0, 0]; pairs (0,4) and (1,5) turn.
TEST(RopeTest, ProportionalRotationTurnsTheFirstPairsOverTheWholeHeadDim) {
  const RopeFrequencies frequencies(10000.0, 1.0, 8, 2);
  const Turned t = Turn(frequencies, 3, 1, 8);
  const double angles[] = {3.0, 0.3};
  for (size_t i = 0; i < 2; ++i) {
    const double c = std::cos(angles[i]), s = std::sin(angles[i]);
    EXPECT_NEAR(t.after[i], t.before[i] * c - t.before[i + 4] * s, 1e-6);
    EXPECT_NEAR(t.after[i + 4], t.before[i + 4] * c + t.before[i] * s, 1e-6);
  }
  for (size_t i : {2, 3, 6, 7}) EXPECT_EQ(t.after[i], t.before[i]);
}

// Spec 13.3 no. 7: of a 512-wide head, 64...255 and 320...511 do not depend on the position.
TEST(RopeTest, FullLayersOfTheFamilyTurnAQuarterOfTheHead) {
  const Turned t = Turn(RopeFrequencies(1e6, 1.0, 512, 64), 1000, 2, 512);
  for (size_t i = 0; i < 512; ++i) {
    const bool turns = i < 64 || (i >= 256 && i < 320);
    EXPECT_EQ(t.after[512 + i] != t.before[512 + i], turns) << i;
  }
}

// The far end of the longest context, against f64 and a long-double power.
TEST(RopeTest, AnglesAreRightAtThe262143rdPosition) {
  const RopeFrequencies frequencies(1e6, 1.0, 512, 64);
  const size_t positions[] = {262143};
  std::vector<float> cosines(64), sines(64);
  frequencies.Angles(positions, cosines.data(), sines.data(), *MakePool(2));
  for (size_t i = 0; i < 64; ++i) {
    const long double angle = 262143.0L * std::pow(1e6L, -2.0L * i / 512.0L);
    EXPECT_NEAR(cosines[i], std::cos(angle), 1e-6);
    EXPECT_NEAR(sines[i], std::sin(angle), 1e-6);
  }
}

// What a rotation is for: the product of a query and a key depends on how far they are apart alone,
// at the far end of the longest context as at its beginning. The members' sliding and full heads.
TEST(RopeTest, ProductsDependOnTheDistanceAtTheFarEndToo) {
  const struct {
    RopeFrequencies frequencies;
    size_t head_dim;
  } kinds[] = {{RopeFrequencies(1e4, 1.0, 256, 128), 256},
               {RopeFrequencies(1e6, 1.0, 512, 64), 512}};
  for (const auto& [frequencies, head_dim] : kinds) {
    for (size_t distance : {size_t{0}, size_t{1}, size_t{511}, size_t{1023}}) {
      const auto product = [&](size_t key_position) {
        const Turned query = Turn(frequencies, key_position + distance, 1, head_dim);
        const Turned key = Turn(frequencies, key_position, 2, head_dim);
        double sum = 0;
        for (size_t i = 0; i < head_dim; ++i) {
          sum += double(query.after[i]) * double(key.after[head_dim + i]);
        }
        return sum;
      };
      // Up to 512 products of f32 values near 1, each rounded a few times.
      EXPECT_NEAR(product(262143 - distance), product(0), 1e-5) << head_dim << " " << distance;
      EXPECT_NEAR(product(131071 - distance), product(0), 1e-5) << head_dim << " " << distance;
    }
  }
}

TEST(RopeTest, FactorDividesTheFrequencies) {
  const size_t positions[] = {8};
  float cosine = 0, sine = 0;
  RopeFrequencies(10000.0, 4.0, 8, 1).Angles(positions, &cosine, &sine, *MakePool(1));
  EXPECT_NEAR(cosine, std::cos(2.0), 1e-7);
}

}  // namespace
}  // namespace gemma4
