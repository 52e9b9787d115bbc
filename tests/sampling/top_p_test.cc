#include "lib/sampling/top_p.h"

#include <gtest/gtest.h>

#include <vector>

namespace gemma4 {
namespace {

// Weights 4, 2, 1, 1 of sum 8, in an order of ids that is not that of preference.
std::vector<Candidate> FourCandidates() {
  return {{0, 1.0f, 1.0}, {1, 3.0f, 4.0}, {2, 1.0f, 1.0}, {3, 2.0f, 2.0}};
}

std::vector<int32_t> Kept(float top_p) {
  std::vector<Candidate> candidates = FourCandidates();
  KeepTopP(top_p, candidates);
  std::vector<int32_t> ids;
  for (const Candidate& candidate : candidates) ids.push_back(candidate.token_id);
  return ids;
}

using Ids32 = std::vector<int32_t>;

TEST(TopPTest, KeepsTheSmallestSetThatReachesTheShare) {
  EXPECT_EQ(Kept(0.25f), (Ids32{1}));
  EXPECT_EQ(Kept(0.5f), (Ids32{1}));  // 4/8 is reached, not passed
  EXPECT_EQ(Kept(0.51f), (Ids32{1, 3}));
  EXPECT_EQ(Kept(0.75f), (Ids32{1, 3}));
  EXPECT_EQ(Kept(0.76f), (Ids32{1, 3, 0}));  // of equal ones the smaller id
  EXPECT_EQ(Kept(0.99f), (Ids32{1, 3, 0, 2}));
}

TEST(TopPTest, KeepsOneAtLeast) { EXPECT_EQ(Kept(0.0f), (Ids32{1})); }

TEST(TopPTest, LeavesEverythingAtOne) { EXPECT_EQ(Kept(1.0f), (Ids32{0, 1, 2, 3})); }

TEST(TopPTest, DoesNothingToAnEmptyList) {
  std::vector<Candidate> candidates;
  KeepTopP(0.5f, candidates);
  EXPECT_TRUE(candidates.empty());
}

}  // namespace
}  // namespace gemma4
