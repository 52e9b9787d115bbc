#include "lib/sampling/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/sampling/sampler_reference.h"

namespace gemma4 {
namespace {

Sampler Make(const SamplerOptions& options, size_t vocab_size) {
  auto sampler = Sampler::Create(options, vocab_size);
  EXPECT_TRUE(sampler.ok()) << sampler.status().message();
  return std::move(sampler).value();
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::array<float, 5> kLogits = {0.0f, 2.0f, 1.0f, 2.0f, -1.0f};

TEST(SamplerTest, TemperatureZeroTakesTheLargestLogitAndOfEqualOnesTheSmallestId) {
  Sampler sampler = Make({.temperature = 0.0f, .top_k = 3, .top_p = 0.5f}, kLogits.size());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sampler.Sample({kLogits}).value(), 1);
}

TEST(SamplerTest, NeverChoosesASuppressedToken) {
  for (float temperature : {0.0f, 1.0f}) {
    Sampler sampler = Make({.temperature = temperature, .suppress_token_ids = {1, 3}}, 5);
    for (int i = 0; i < 200; ++i) {
      const int32_t id = sampler.Sample({kLogits}).value();
      EXPECT_TRUE(id != 1 && id != 3) << id;
    }
  }
}

// Softmax of (0, 2, 1, 2, -1) / T against the share of draws.
TEST(SamplerTest, DrawsTokensAsOftenAsTheirProbabilitySays) {
  for (float temperature : {0.5f, 1.0f, 2.0f}) {
    Sampler sampler = Make({.temperature = temperature, .seed = 3}, kLogits.size());
    std::array<int, 5> counts = {};
    constexpr int kDraws = 200000;
    for (int i = 0; i < kDraws; ++i) ++counts[sampler.Sample({kLogits}).value()];
    double sum = 0.0;
    for (float logit : kLogits) sum += std::exp(logit / temperature);
    for (size_t id = 0; id < kLogits.size(); ++id) {
      const double p = std::exp(kLogits[id] / temperature) / sum;
      EXPECT_NEAR(counts[id], kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)) + 1)
          << "token " << id << " at temperature " << temperature;
    }
  }
}

// top-k leaves tokens 1, 3, 2; softmax over these is 0.422, 0.422, 0.155, so 0.5 needs two.
TEST(SamplerTest, TopPCountsWhatTopKLeft) {
  Sampler sampler = Make({.temperature = 1.0f, .top_k = 3, .top_p = 0.5f}, kLogits.size());
  std::array<int, 5> counts = {};
  for (int i = 0; i < 1000; ++i) ++counts[sampler.Sample({kLogits}).value()];
  EXPECT_GT(counts[1], 400);
  EXPECT_GT(counts[3], 400);
  EXPECT_EQ(counts[1] + counts[3], 1000);
}

TEST(SamplerTest, TheSameSeedGivesTheSameDraws) {
  std::vector<int32_t> first, second, other;
  Sampler sampler = Make({.temperature = 1.0f, .seed = 11}, kLogits.size());
  for (int i = 0; i < 50; ++i) first.push_back(sampler.Sample({kLogits}).value());
  sampler.Reset();
  for (int i = 0; i < 50; ++i) second.push_back(sampler.Sample({kLogits}).value());
  Sampler twelve = Make({.temperature = 1.0f, .seed = 12}, kLogits.size());
  for (int i = 0; i < 50; ++i) other.push_back(twelve.Sample({kLogits}).value());
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

// A seed's meaning is part of the interface: these draws may never change. They were computed apart
// from this code, in Python integers: pcg32 started at splitmix64(0), sequence 54, two outputs a
// draw, against the cumulative shares 0.0530, 0.4447, 0.5888, 0.9805, 1.0000.
TEST(SamplerTest, ASeedMeansTheseDrawsForever) {
  Sampler sampler = Make({.temperature = 1.0f, .seed = 0}, kLogits.size());
  std::vector<int32_t> draws;
  for (int i = 0; i < 16; ++i) draws.push_back(sampler.Sample({kLogits}).value());
  EXPECT_EQ(draws, (std::vector<int32_t>{4, 1, 1, 1, 3, 4, 3, 3, 0, 2, 2, 1, 1, 2, 1, 1}));
}

TEST(SamplerTest, TinyAndHugeTemperaturesAreHarmless) {
  for (float temperature : {1e-38f, 1e-6f, 1e6f, 3e38f}) {
    Sampler sampler = Make({.temperature = temperature}, kLogits.size());
    for (int i = 0; i < 20; ++i) {
      const int32_t id = sampler.Sample({kLogits}).value();
      EXPECT_TRUE(id >= 0 && id < 5);
      if (temperature < 1e-3f) {
        EXPECT_TRUE(id == 1 || id == 3) << id;
      }
    }
  }
}

TEST(SamplerTest, LogitsThatAreNotNumbersAreAnErrorThatNamesTheToken) {
  for (float temperature : {0.0f, 1.0f}) {
    for (float bad : {std::nanf(""), kInfinity}) {
      std::array<float, 5> logits = kLogits;
      logits[4] = bad;
      Sampler sampler = Make({.temperature = temperature, .top_k = 2}, logits.size());
      const auto id = sampler.Sample({logits});
      ASSERT_EQ(id.status().code(), StatusCode::kInternal);
      EXPECT_NE(id.status().message().find("token 4"), std::string::npos) << id.status().message();
    }
  }
}

TEST(SamplerTest, MinusInfinityIsNeverChosenAndAloneAnError) {
  std::array<float, 3> logits = {-kInfinity, -7.0f, -kInfinity};
  for (float temperature : {0.0f, 1.0f}) {
    for (size_t top_k : {0u, 2u}) {
      Sampler sampler = Make({.temperature = temperature, .top_k = top_k}, logits.size());
      for (int i = 0; i < 20; ++i) EXPECT_EQ(sampler.Sample({logits}).value(), 1);
      const std::array<float, 3> none = {-kInfinity, -kInfinity, -kInfinity};
      EXPECT_EQ(sampler.Sample({none}).status().code(), StatusCode::kInternal);
    }
  }
}

TEST(SamplerTest, RefusesOptionsThatMeanNothing) {
  const auto refuses = [](const SamplerOptions& options, const char* name) {
    const auto sampler = Sampler::Create(options, 5);
    return sampler.status().code() == StatusCode::kInvalidArgument &&
           sampler.status().message().find(name) != std::string::npos;
  };
  EXPECT_TRUE(refuses({.temperature = -0.5f}, "temperature"));
  EXPECT_TRUE(refuses({.temperature = std::nanf("")}, "temperature"));
  EXPECT_TRUE(refuses({.temperature = kInfinity}, "temperature"));
  EXPECT_TRUE(refuses({.top_p = -0.1f}, "top_p"));
  EXPECT_TRUE(refuses({.top_p = 1.1f}, "top_p"));
  EXPECT_TRUE(refuses({.top_p = std::nanf("")}, "top_p"));
  EXPECT_TRUE(refuses({.min_p = -0.1f}, "min_p"));
  EXPECT_TRUE(refuses({.min_p = 1.5f}, "min_p"));
  EXPECT_TRUE(refuses({.min_p = std::nanf("")}, "min_p"));
  EXPECT_TRUE(refuses({.penalties = {.repetition = 0.0f}}, "repetition_penalty"));
  EXPECT_TRUE(refuses({.penalties = {.frequency = kInfinity}}, "frequency_penalty"));
  EXPECT_TRUE(refuses({.penalties = {.presence = kInfinity}}, "presence_penalty"));
  EXPECT_TRUE(refuses({.logit_bias = {{5, 1.0f}}}, "logit_bias[0]"));
  EXPECT_TRUE(refuses({.banned_token_ids = {4, 5}}, "banned_token_ids[1] is 5"));
  EXPECT_TRUE(refuses({.banned_token_ids = {-1}}, "banned_token_ids[0] is -1"));
}

TEST(SamplerTest, RefusesBansThatLeaveNoToken) {
  const SamplerOptions none_left = {.suppress_token_ids = {0, 7, -3},
                                    .logit_bias = {{3, -kInfinity}},
                                    .banned_token_ids = {1, 2, 2}};
  EXPECT_EQ(Sampler::Create(none_left, 4).status().code(), StatusCode::kInvalidArgument);
  Sampler one_left = Make(none_left, 5);
  EXPECT_EQ(one_left.Sample({kLogits}).value(), 4);
}

// Sixty sequences under random options, each drawn token joining the history.
TEST(SamplerTest, DrawsWhatTheReferenceDraws) {
  size_t index = 0;
  for (const SamplerReference& reference : SamplerReferences()) {
    SCOPED_TRACE(index++);
    Sampler sampler = Make({.temperature = reference.temperature,
                            .top_k = reference.top_k,
                            .top_p = reference.top_p,
                            .seed = reference.seed,
                            .suppress_token_ids = reference.suppressed,
                            .min_p = reference.min_p,
                            .penalties = reference.penalties,
                            .logit_bias = reference.logit_bias,
                            .banned_token_ids = reference.banned},
                           reference.logits.size());
    std::vector<int32_t> history = reference.prompt;
    const std::vector<float> before = reference.logits;
    for (int32_t expected : reference.draws) {
      const auto id = sampler.Sample({.logits = reference.logits,
                                      .history = history,
                                      .num_prompt = reference.prompt.size(),
                                      .allowed = std::span(&reference.mask, 1)});
      ASSERT_TRUE(id.ok()) << id.status().message();
      ASSERT_EQ(*id, expected) << "draw " << history.size() - reference.prompt.size();
      history.push_back(*id);
    }
    EXPECT_EQ(reference.logits, before);
  }
}

// ---- The order of the steps. Each would come out otherwise if two of them changed places.
// ---------

// (1 + 3) / 2 = 2 and 1.5; the other way round 1 / 2 + 3 = 3.5. Token 1 stays at 3.
TEST(SamplerTest, TheBiasComesBeforeTheRepetitionPenalty) {
  const std::array<float, 2> logits = {1.0f, 3.0f};
  const std::array<int32_t, 1> history = {0};
  Sampler sampler = Make({.penalties = {.repetition = 2.0f}, .logit_bias = {{0, 3.0f}}}, 2);
  EXPECT_EQ(sampler.Sample({.logits = logits, .history = history}).value(), 1);
}

TEST(SamplerTest, NoBiasBringsBackWhatIsSuppressedBannedOrMasked) {
  const uint64_t mask = 0b11101;
  Sampler sampler = Make({.suppress_token_ids = {3},
                          .logit_bias = {{1, 100.0f}, {3, 100.0f}, {4, 100.0f}, {2, -5.0f}},
                          .banned_token_ids = {4}},
                         kLogits.size());
  EXPECT_EQ(sampler.Sample({.logits = kLogits, .allowed = std::span(&mask, 1)}).value(), 0);
}

TEST(SamplerTest, PenaltiesAndBiasesDecideGreedilyToo) {
  const std::array<int32_t, 3> history = {1, 3, 3};
  Sampler presence = Make({.penalties = {.presence = 1.5f}}, kLogits.size());
  EXPECT_EQ(presence.Sample({.logits = kLogits, .history = history}).value(), 2);
  EXPECT_EQ(presence.Sample({.logits = kLogits, .history = history, .num_prompt = 1}).value(), 1);
  EXPECT_EQ(presence.Sample({kLogits}).value(), 1);
  Sampler bias = Make({.logit_bias = {{4, 3.5f}}}, kLogits.size());
  EXPECT_EQ(bias.Sample({kLogits}).value(), 4);
}

// Suppressed tokens leave before top-k counts: 2 and 0 are the two that stay.
TEST(SamplerTest, TopKCountsWhatMayBeChosen) {
  Sampler sampler = Make({.temperature = 1.0f, .top_k = 2, .banned_token_ids = {1, 3}}, 5);
  std::array<int, 5> counts = {};
  for (int i = 0; i < 1000; ++i) ++counts[static_cast<size_t>(sampler.Sample({kLogits}).value())];
  EXPECT_GT(counts[2], 500);
  EXPECT_GT(counts[0], 100);
  EXPECT_EQ(counts[0] + counts[2], 1000);
}

// At temperature 1 token 2 is exp(-1) = 0.37 times as likely as the likeliest, at 2 0.61 times.
TEST(SamplerTest, MinPSeesProbabilitiesAfterTheTemperature) {
  for (float temperature : {1.0f, 2.0f}) {
    Sampler sampler = Make({.temperature = temperature, .min_p = 0.5f}, kLogits.size());
    std::array<int, 5> counts = {};
    for (int i = 0; i < 1000; ++i) ++counts[static_cast<size_t>(sampler.Sample({kLogits}).value())];
    EXPECT_EQ(counts[2] > 0, temperature == 2.0f);
    EXPECT_EQ(counts[1] + counts[2] + counts[3], 1000);
  }
}

// Shares 0.5, 0.3, 0.2: top-p 0.6 needs two of them, and both reach half of the likeliest. Had
// min-p come first and taken out the third, 0.5 of the 0.8 that are left would be enough.
TEST(SamplerTest, TopPSeesWhatMinPWouldTakeOut) {
  const std::array<float, 3> logits = {std::log(0.5f), std::log(0.3f), std::log(0.2f)};
  Sampler sampler = Make({.temperature = 1.0f, .top_p = 0.6f, .min_p = 0.5f}, 3);
  std::array<int, 3> counts = {};
  for (int i = 0; i < 1000; ++i) ++counts[static_cast<size_t>(sampler.Sample({logits}).value())];
  EXPECT_GT(counts[1], 300);
  EXPECT_EQ(counts[0] + counts[1], 1000);
}

// ---- Masks and state
// -----------------------------------------------------------------------------

TEST(SamplerTest, AMaskThatLeavesNothingIsTheCallersErrorAndDrawsNothing) {
  for (float temperature : {0.0f, 1.0f}) {
    const SamplerOptions options = {.temperature = temperature, .seed = 5, .banned_token_ids = {1}};
    Sampler sampler = Make(options, kLogits.size());
    Sampler undisturbed = Make(options, kLogits.size());
    for (uint64_t mask : {0b00000u, 0b00010u, 0b1100000u}) {
      const auto id = sampler.Sample({.logits = kLogits, .allowed = std::span(&mask, 1)});
      EXPECT_EQ(id.status().code(), StatusCode::kInvalidArgument);
      EXPECT_NE(id.status().message().find("the mask allows"), std::string::npos);
    }
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(sampler.Sample({kLogits}).value(), undisturbed.Sample({kLogits}).value());
    }
  }
}

TEST(SamplerTest, AMaskOfAnotherSizeIsRefused) {
  Sampler sampler = Make({}, kLogits.size());
  const std::array<uint64_t, 2> mask = {31, 0};
  const auto id = sampler.Sample({.logits = kLogits, .allowed = mask});
  EXPECT_EQ(id.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(id.status().message(), "the mask has 2 words of 64 tokens; 5 tokens need 1");
}

TEST(SamplerTest, AForkAndARestoredStateGoOnWithTheSameDraws) {
  const SamplerOptions options = {.temperature = 1.0f, .top_k = 4, .seed = 11, .min_p = 0.01f};
  Sampler sampler = Make(options, kLogits.size());
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(sampler.Sample({kLogits}).ok());
  Sampler fork = sampler.Fork();
  Sampler restored = Make(options, kLogits.size());
  restored.set_random_state(sampler.random_state());
  std::vector<int32_t> original, forked, again;
  for (int i = 0; i < 50; ++i) {
    forked.push_back(fork.Sample({kLogits}).value());
    again.push_back(restored.Sample({kLogits}).value());
  }
  for (int i = 0; i < 50; ++i) original.push_back(sampler.Sample({kLogits}).value());
  EXPECT_EQ(forked, original);
  EXPECT_EQ(again, original);
  fork.Reset();
  EXPECT_EQ(fork.random_state(), Make(options, kLogits.size()).random_state());
}

}  // namespace
}  // namespace gemma4
