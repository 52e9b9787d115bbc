#include "lib/session/token_sequence.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace gemma4 {
namespace {

std::vector<int32_t> Chunk(const TokenSequence& tokens, size_t max_tokens) {
  const auto chunk = tokens.NextChunk(max_tokens);
  return {chunk.begin(), chunk.end()};
}

TEST(TokenSequenceTest, GivesTokensInOrderAndCountsThem) {
  TokenSequence tokens(10);
  EXPECT_EQ(tokens.num_waiting(), 0u);
  EXPECT_TRUE(tokens.NextChunk(3).empty());

  tokens.Append(std::array<int32_t, 4>{10, 11, 12, 13});
  EXPECT_EQ(Chunk(tokens, 3), (std::vector<int32_t>{10, 11, 12}));
  tokens.MarkRun(3);
  EXPECT_EQ(tokens.num_waiting(), 1u);
  EXPECT_EQ(tokens.num_prompt_run(), 3u);
  EXPECT_EQ(tokens.num_prompt(), 4u);

  tokens.Append(std::array<int32_t, 2>{14, 15});
  EXPECT_EQ(tokens.num_prompt(), 6u);
  EXPECT_EQ(Chunk(tokens, 100), (std::vector<int32_t>{13, 14, 15}));
}

TEST(TokenSequenceTest, TakesTheLastOnesBack) {
  TokenSequence tokens(10);
  tokens.Append(std::array<int32_t, 4>{10, 11, 12, 13});
  tokens.MarkRun(1);
  tokens.DropLast(2);
  EXPECT_EQ(tokens.num_waiting(), 1u);
  EXPECT_EQ(tokens.num_prompt(), 2u);
  EXPECT_EQ(Chunk(tokens, 9), (std::vector<int32_t>{11}));
}

TEST(TokenSequenceTest, BeginsToCountAnewWhenAllHaveRun) {
  TokenSequence tokens(10);
  tokens.Append(std::array<int32_t, 2>{1, 2});
  tokens.MarkRun(2);
  EXPECT_EQ(tokens.num_prompt(), 0u);
  tokens.Append(std::array<int32_t, 1>{3});
  EXPECT_EQ(tokens.num_prompt_run(), 0u);
  EXPECT_EQ(tokens.num_prompt(), 1u);
  EXPECT_EQ(tokens.size(), 3u);
}

TEST(TokenSequenceTest, RewindsToTokensThatWaitAgain) {
  TokenSequence tokens(10);
  tokens.Append(std::array<int32_t, 4>{10, 11, 12, 13});
  tokens.MarkRun(4);
  tokens.Rewind(3, 2);
  EXPECT_EQ(Chunk(tokens, 9), (std::vector<int32_t>{12}));
  EXPECT_EQ(tokens.num_prompt(), 1u);
  tokens.Rewind(1, 0);
  EXPECT_EQ(Chunk(tokens, 9), (std::vector<int32_t>{10}));
}

}  // namespace
}  // namespace gemma4
