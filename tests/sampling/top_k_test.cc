#include "lib/sampling/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "lib/sampling/random.h"

namespace gemma4 {
namespace {

std::vector<int32_t> Ids(const std::vector<Candidate>& candidates) {
  std::vector<int32_t> ids;
  for (const Candidate& candidate : candidates) ids.push_back(candidate.token_id);
  return ids;
}

std::vector<int32_t> TopK(std::span<const float> logits, std::vector<int32_t> suppressed,
                          size_t k) {
  std::vector<Candidate> candidates;
  SelectTopK(logits, AllowedTokens(SuppressedTokens(suppressed), {}), k, candidates);
  return Ids(candidates);
}

using Ids32 = std::vector<int32_t>;
constexpr std::array<float, 6> kLogits = {1.0f, 5.0f, 3.0f, 5.0f, -2.0f, 3.0f};

TEST(TopKTest, ListsTheLargestFirstAndOfEqualOnesTheSmallerId) {
  EXPECT_EQ(TopK(kLogits, {}, 1), (Ids32{1}));
  EXPECT_EQ(TopK(kLogits, {}, 3), (Ids32{1, 3, 2}));
  EXPECT_EQ(TopK(kLogits, {}, 5), (Ids32{1, 3, 2, 5, 0}));
}

TEST(TopKTest, KeepsAllInIdOrderWhereNothingIsCut) {
  EXPECT_EQ(TopK(kLogits, {}, 0), (Ids32{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(TopK(kLogits, {}, 6), (Ids32{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(TopK(kLogits, {}, 600), (Ids32{0, 1, 2, 3, 4, 5}));
}

TEST(TopKTest, LeavesSuppressedIdsOut) {
  EXPECT_EQ(TopK(kLogits, {3, 1, 3}, 2), (Ids32{2, 5}));
  EXPECT_EQ(TopK(kLogits, {5, 0}, 0), (Ids32{1, 2, 3, 4}));
  EXPECT_EQ(TopK(kLogits, {-1, 6, 1000}, 1), (Ids32{1}));
  EXPECT_EQ(TopK(kLogits, {0, 1, 2, 3, 4, 5}, 0), (Ids32{}));
}

TEST(TopKTest, LeavesMinusInfinityOut) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const std::array<float, 4> logits = {kNever, 1.0f, kNever, 0.0f};
  EXPECT_EQ(TopK(logits, {}, 3), (Ids32{1, 3}));
  EXPECT_EQ(TopK(logits, {}, 0), (Ids32{1, 3}));
}

TEST(TopKTest, AgreesWithSortingEverything) {
  Pcg32 random = Pcg32::FromSeed(1);
  std::vector<float> logits(5000);
  for (float& logit : logits) logit = static_cast<float>(random.Next() % 1000);  // many ties
  std::vector<Candidate> sorted;
  for (size_t i = 0; i < logits.size(); ++i) {
    sorted.push_back({static_cast<int32_t>(i), logits[i], 0.0});
  }
  std::sort(sorted.begin(), sorted.end(), Precedes);
  for (size_t k : {1u, 2u, 64u, 999u, 4999u}) {
    std::vector<int32_t> expected = Ids(sorted);
    expected.resize(k);
    EXPECT_EQ(TopK(logits, {}, k), expected) << k;
  }
}

}  // namespace
}  // namespace gemma4
