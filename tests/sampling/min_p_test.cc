#include "lib/sampling/min_p.h"

#include <gtest/gtest.h>

#include <vector>

namespace gemma4 {
namespace {

using Ids32 = std::vector<int32_t>;

Ids32 Kept(float min_p) {
  std::vector<Candidate> candidates = {
      {0, 1.0f, 1.0}, {1, 3.0f, 4.0}, {2, 1.0f, 1.0}, {3, 2.0f, 2.0}, {4, 3.0f, 4.0}};
  KeepMinP(min_p, candidates);
  Ids32 ids;
  for (const Candidate& candidate : candidates) ids.push_back(candidate.token_id);
  return ids;
}

TEST(MinPTest, KeepsWhatReachesTheShareOfTheLargest) {
  EXPECT_EQ(Kept(0.2f), (Ids32{0, 1, 2, 3, 4}));
  EXPECT_EQ(Kept(0.25f), (Ids32{0, 1, 2, 3, 4}));  // 1/4 is reached
  EXPECT_EQ(Kept(0.26f), (Ids32{1, 3, 4}));
  EXPECT_EQ(Kept(0.5f), (Ids32{1, 3, 4}));
  EXPECT_EQ(Kept(0.51f), (Ids32{1, 4}));
}

TEST(MinPTest, ZeroKeepsAllAndOneKeepsTheLargest) {
  EXPECT_EQ(Kept(0.0f), (Ids32{0, 1, 2, 3, 4}));
  EXPECT_EQ(Kept(1.0f), (Ids32{1, 4}));
}

TEST(MinPTest, DoesNothingToAnEmptyList) {
  std::vector<Candidate> candidates;
  KeepMinP(0.5f, candidates);
  EXPECT_TRUE(candidates.empty());
}

}  // namespace
}  // namespace gemma4
