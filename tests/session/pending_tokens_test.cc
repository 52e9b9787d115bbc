#include "lib/session/pending_tokens.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace gemma4 {
namespace {

std::vector<int32_t> Chunk(const PendingTokens& pending, size_t max_tokens) {
  const auto chunk = pending.NextChunk(max_tokens);
  return {chunk.begin(), chunk.end()};
}

TEST(PendingTokensTest, GivesTokensInOrderAndCountsThem) {
  PendingTokens pending;
  EXPECT_EQ(pending.num_waiting(), 0u);
  EXPECT_TRUE(pending.NextChunk(3).empty());

  pending.Append(std::array<int32_t, 4>{10, 11, 12, 13});
  EXPECT_EQ(Chunk(pending, 3), (std::vector<int32_t>{10, 11, 12}));
  pending.MarkDone(3);
  EXPECT_EQ(pending.num_waiting(), 1u);
  EXPECT_EQ(pending.num_done(), 3u);
  EXPECT_EQ(pending.num_total(), 4u);

  pending.Append(std::array<int32_t, 2>{14, 15});
  EXPECT_EQ(pending.num_total(), 6u);
  EXPECT_EQ(Chunk(pending, 100), (std::vector<int32_t>{13, 14, 15}));
}

TEST(PendingTokensTest, TakesTheLastOnesBack) {
  PendingTokens pending;
  pending.Append(std::array<int32_t, 4>{10, 11, 12, 13});
  pending.MarkDone(1);
  pending.DropLast(2);
  EXPECT_EQ(pending.num_waiting(), 1u);
  EXPECT_EQ(pending.num_total(), 2u);
  EXPECT_EQ(Chunk(pending, 9), (std::vector<int32_t>{11}));
}

TEST(PendingTokensTest, BeginsToCountAnewWhenAllAreDone) {
  PendingTokens pending;
  pending.Append(std::array<int32_t, 2>{1, 2});
  pending.MarkDone(2);
  EXPECT_EQ(pending.num_total(), 0u);
  pending.Append(std::array<int32_t, 1>{3});
  EXPECT_EQ(pending.num_done(), 0u);
  EXPECT_EQ(pending.num_total(), 1u);
}

}  // namespace
}  // namespace gemma4
