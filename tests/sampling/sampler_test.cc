#include "lib/sampling/sampler.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

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
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sampler.Sample(kLogits).value(), 1);
}

TEST(SamplerTest, NeverChoosesASuppressedToken) {
  for (float temperature : {0.0f, 1.0f}) {
    Sampler sampler = Make({.temperature = temperature, .suppress_token_ids = {1, 3}}, 5);
    for (int i = 0; i < 200; ++i) {
      const int32_t id = sampler.Sample(kLogits).value();
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
    for (int i = 0; i < kDraws; ++i) ++counts[sampler.Sample(kLogits).value()];
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
  for (int i = 0; i < 1000; ++i) ++counts[sampler.Sample(kLogits).value()];
  EXPECT_GT(counts[1], 400);
  EXPECT_GT(counts[3], 400);
  EXPECT_EQ(counts[1] + counts[3], 1000);
}

TEST(SamplerTest, TheSameSeedGivesTheSameDraws) {
  std::vector<int32_t> first, second, other;
  Sampler sampler = Make({.temperature = 1.0f, .seed = 11}, kLogits.size());
  for (int i = 0; i < 50; ++i) first.push_back(sampler.Sample(kLogits).value());
  sampler.Reset();
  for (int i = 0; i < 50; ++i) second.push_back(sampler.Sample(kLogits).value());
  Sampler twelve = Make({.temperature = 1.0f, .seed = 12}, kLogits.size());
  for (int i = 0; i < 50; ++i) other.push_back(twelve.Sample(kLogits).value());
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

// A seed's meaning is part of the interface: these draws may never change. They were computed apart
// from this code, in Python integers: pcg32 started at splitmix64(0), sequence 54, two outputs a
// draw, against the cumulative shares 0.0530, 0.4447, 0.5888, 0.9805, 1.0000.
TEST(SamplerTest, ASeedMeansTheseDrawsForever) {
  Sampler sampler = Make({.temperature = 1.0f, .seed = 0}, kLogits.size());
  std::vector<int32_t> draws;
  for (int i = 0; i < 16; ++i) draws.push_back(sampler.Sample(kLogits).value());
  EXPECT_EQ(draws, (std::vector<int32_t>{4, 1, 1, 1, 3, 4, 3, 3, 0, 2, 2, 1, 1, 2, 1, 1}));
}

TEST(SamplerTest, TinyAndHugeTemperaturesAreHarmless) {
  for (float temperature : {1e-38f, 1e-6f, 1e6f, 3e38f}) {
    Sampler sampler = Make({.temperature = temperature}, kLogits.size());
    for (int i = 0; i < 20; ++i) {
      const int32_t id = sampler.Sample(kLogits).value();
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
      const auto id = sampler.Sample(logits);
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
      for (int i = 0; i < 20; ++i) EXPECT_EQ(sampler.Sample(logits).value(), 1);
      const std::array<float, 3> none = {-kInfinity, -kInfinity, -kInfinity};
      EXPECT_EQ(sampler.Sample(none).status().code(), StatusCode::kInternal);
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
}

}  // namespace
}  // namespace gemma4
