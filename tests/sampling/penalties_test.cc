#include "lib/sampling/penalties.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace gemma4 {
namespace {

using Logits = std::array<float, 6>;
using Ids32 = std::vector<int32_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr Logits kLogits = {4.0f, -4.0f, 0.0f, 2.0f, -1.0f, 8.0f};

// By hand throughout: every number is exact in float32.
Logits Penalized(const PenaltyOptions& options, const Ids32& history, size_t num_prompt,
                 Logits logits = kLogits) {
  Penalties penalties(options, logits.size());
  penalties.Apply(history, num_prompt, logits);
  return logits;
}

TEST(PenaltiesTest, RepetitionDividesWhatIsAboveZeroAndMultipliesTheRestOnceAToken) {
  EXPECT_EQ(Penalized({.repetition = 2.0f}, {0, 1, 2, 0, 0}, 0), (Logits{2, -8, 0, 2, -1, 8}));
  EXPECT_EQ(Penalized({.repetition = 0.5f}, {5, 4}, 0), (Logits{4, -4, 0, 2, -0.5f, 16}));
}

TEST(PenaltiesTest, RepetitionSeesThePromptToo) {
  EXPECT_EQ(Penalized({.repetition = 2.0f}, {5, 3}, 1), (Logits{4, -4, 0, 1, -1, 4}));
  EXPECT_EQ(Penalized({.repetition = 2.0f}, {5, 3}, 2), (Logits{4, -4, 0, 1, -1, 4}));
}

TEST(PenaltiesTest, FrequencyCountsWhatWasMadeAndNotThePrompt) {
  EXPECT_EQ(Penalized({.frequency = 0.5f}, {5, 5, 1, 5, 5, 5, 3}, 2),
            (Logits{4, -4.5f, 0, 1.5f, -1, 6.5f}));
  EXPECT_EQ(Penalized({.frequency = 0.5f}, {5, 5}, 2), kLogits);
}

TEST(PenaltiesTest, PresenceCountsOnceWhatWasMade) {
  EXPECT_EQ(Penalized({.presence = 0.75f}, {0, 5, 5, 1}, 1), (Logits{4, -4.75f, 0, 2, -1, 7.25f}));
}

TEST(PenaltiesTest, NegativeOnesMakeTokensLikelier) {
  EXPECT_EQ(Penalized({.frequency = -1.0f, .presence = -2.0f}, {3, 3}, 0),
            (Logits{4, -4, 0, 6, -1, 8}));
}

// 8 / 2 - 2 * 1.5 - 0.5. The other way round it would be (8 - 3.5) / 2 = 2.25.
TEST(PenaltiesTest, RepetitionComesFirst) {
  EXPECT_EQ(Penalized({.repetition = 2.0f, .frequency = 1.5f, .presence = 0.5f}, {5, 5}, 0),
            (Logits{4, -4, 0, 2, -1, 0.5f}));
}

TEST(PenaltiesTest, TheWindowIsTheEndOfTheSequence) {
  const PenaltyOptions options = {.repetition = 2.0f, .presence = 1.0f, .window = 2};
  EXPECT_EQ(Penalized(options, {5, 0, 3}, 0), (Logits{1, -4, 0, 0, -1, 8}));
  EXPECT_EQ(Penalized(options, {5, 0, 3}, 2), (Logits{2, -4, 0, 0, -1, 8}));
  EXPECT_EQ(Penalized(options, {3}, 0), (Logits{4, -4, 0, 0, -1, 8}));
  EXPECT_EQ(Penalized(options, {}, 0), kLogits);
  PenaltyOptions all = options;
  all.window = 0;
  EXPECT_EQ(Penalized(all, {5, 0, 3}, 0), (Logits{1, -4, 0, 0, -1, 3}));
}

TEST(PenaltiesTest, NothingIsRememberedBetweenCalls) {
  Penalties penalties({.frequency = 1.0f}, kLogits.size());
  for (int i = 0; i < 3; ++i) {
    Logits logits = kLogits;
    penalties.Apply(Ids32{3, 3}, 0, logits);
    EXPECT_EQ(logits, (Logits{4, -4, 0, 0, -1, 8}));
  }
}

TEST(PenaltiesTest, IdsOutsideTheVocabularyDoNothing) {
  EXPECT_EQ(Penalized({.repetition = 2.0f, .presence = 1.0f}, {-1, 6, 1000000, -1}, 0), kLogits);
}

TEST(PenaltiesTest, NoLogitBecomesInfiniteOrLosesMinusInfinity) {
  const Logits extreme = {kLargest, -kLargest, -kInfinity, 1.0f, -1.0f, 0.0f};
  const Ids32 all = {0, 1, 2, 3, 4, 5, 5, 5};
  for (float repetition : {1.0f, 1e-38f, 3e38f}) {
    for (float frequency : {0.0f, kLargest, -kLargest}) {
      for (float presence : {0.0f, kLargest, -kLargest}) {
        const Logits logits =
            Penalized({.repetition = repetition, .frequency = frequency, .presence = presence}, all,
                      0, extreme);
        for (size_t id = 0; id < logits.size(); ++id) {
          if (id == 2) {
            EXPECT_EQ(logits[id], -kInfinity);
          } else {
            EXPECT_TRUE(std::isfinite(logits[id])) << id << " is " << logits[id];
          }
        }
      }
    }
  }
}

std::string Refusal(const PenaltyOptions& options) {
  const Status status = CheckPenaltyOptions(options);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  return status.message();
}

TEST(PenaltiesTest, WhatMeansNothingIsRefusedByName) {
  EXPECT_TRUE(CheckPenaltyOptions({}).ok());
  EXPECT_EQ(Refusal({.repetition = 0.0f}), "repetition_penalty is 0; it must be a positive number");
  EXPECT_EQ(Refusal({.repetition = -1.0f}),
            "repetition_penalty is -1; it must be a positive number");
  EXPECT_NE(Refusal({.repetition = kInfinity}).find("inf"), std::string::npos);
  EXPECT_NE(Refusal({.repetition = std::nanf("")}).find("nan"), std::string::npos);
  EXPECT_EQ(Refusal({.frequency = kInfinity}),
            "frequency_penalty is inf; it must be a finite number");
  EXPECT_EQ(Refusal({.presence = -kInfinity}),
            "presence_penalty is -inf; it must be a finite number");
}

}  // namespace
}  // namespace gemma4
