#include "lib/sampling/logprobs.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/sampling/candidate.h"
#include "lib/sampling/random.h"

namespace gemma4 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Shares of 16: 1, 8, 1, 4, 2, in logarithms; their softmax is themselves.
constexpr std::array<float, 5> kLogits = {0.0f, 2.0794415f, 0.0f, 1.3862944f, 0.6931472f};

TEST(LogprobsTest, AreTheLogarithmsOfProbabilitiesTheLikeliestFirst) {
  const TopLogprobs result = ComputeTopLogprobs(kLogits, 2, 4);
  EXPECT_EQ(result.chosen.token_id, 2);
  EXPECT_NEAR(result.chosen.logprob, std::log(1.0 / 16), 2e-7);
  ASSERT_EQ(result.num_top, 4u);
  const std::array<int32_t, 4> ids = {1, 3, 4, 0};  // of 0 and 2, which are equal, the smaller
  const std::array<double, 4> probabilities = {0.5, 0.25, 0.125, 0.0625};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.top[i].token_id, ids[i]);
    EXPECT_NEAR(result.top[i].logprob, std::log(probabilities[i]), 2e-7);
  }
}

TEST(LogprobsTest, NoneAreListedWhereNoneAreWantedAndAllWhereThereAreFewer) {
  EXPECT_EQ(ComputeTopLogprobs(kLogits, 1, 0).num_top, 0u);
  EXPECT_NEAR(ComputeTopLogprobs(kLogits, 1, 0).chosen.logprob, std::log(0.5), 2e-7);
  EXPECT_EQ(ComputeTopLogprobs(kLogits, 1, kMaxTopLogprobs).num_top, kLogits.size());
}

TEST(LogprobsTest, MinusInfinityIsProbabilityZeroAndNotListed) {
  const std::array<float, 3> logits = {-kInfinity, 5.0f, -kInfinity};
  const TopLogprobs result = ComputeTopLogprobs(logits, 0, 3);
  EXPECT_EQ(result.chosen.logprob, -kInfinity);
  ASSERT_EQ(result.num_top, 1u);
  EXPECT_EQ(result.top[0].token_id, 1);
  EXPECT_EQ(result.top[0].logprob, 0.0f);
}

TEST(LogprobsTest, AgreeWithSortingAndFloat64) {
  Pcg32 random = Pcg32::FromSeed(9);
  for (size_t vocab_size : {1u, 7u, 21u, 1000u, 262144u}) {
    std::vector<float> logits(vocab_size);
    for (float& logit : logits) {
      logit = static_cast<float>(random.Next() % 480) / 8.0f - 30.0f;  // many ties
    }
    std::vector<Candidate> sorted;
    double sum = 0.0;
    for (size_t id = 0; id < vocab_size; ++id) {
      sorted.push_back({static_cast<int32_t>(id), logits[id], 0.0});
      sum += std::exp(static_cast<double>(logits[id]) - 30.0);
    }
    std::sort(sorted.begin(), sorted.end(), Precedes);
    const double log_sum = 30.0 + std::log(sum);
    const auto chosen = static_cast<int32_t>(random.Next() % vocab_size);
    const TopLogprobs result = ComputeTopLogprobs(logits, chosen, kMaxTopLogprobs);
    EXPECT_EQ(result.chosen.token_id, chosen);
    EXPECT_FLOAT_EQ(result.chosen.logprob,
                    static_cast<float>(logits[static_cast<size_t>(chosen)] - log_sum));
    ASSERT_EQ(result.num_top, std::min(vocab_size, kMaxTopLogprobs));
    for (size_t i = 0; i < result.num_top; ++i) {
      EXPECT_EQ(result.top[i].token_id, sorted[i].token_id) << vocab_size << " " << i;
      EXPECT_FLOAT_EQ(result.top[i].logprob, static_cast<float>(sorted[i].logit - log_sum));
    }
  }
}

}  // namespace
}  // namespace gemma4
