#include "lib/sampling/logit_bias.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace gemma4 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

TEST(LogitBiasTest, IsAddedToItsTokenAndNoOther) {
  std::array<float, 4> logits = {1.0f, -2.0f, 0.5f, 3.0f};
  const std::vector<TokenBias> biases = {{2, 1.5f}, {1, -0.25f}};
  ApplyLogitBias(biases, logits);
  EXPECT_EQ(logits, (std::array<float, 4>{1.0f, -2.25f, 2.0f, 3.0f}));
}

TEST(LogitBiasTest, NeverMakesAFiniteLogitInfiniteNorAnInfiniteOneFinite) {
  std::array<float, 4> logits = {kLargest, -kLargest, -kInfinity, 0.0f};
  const std::vector<TokenBias> biases = {
      {0, kLargest}, {1, -kLargest}, {2, kLargest}, {3, -kInfinity}};
  ApplyLogitBias(biases, logits);
  EXPECT_EQ(logits, (std::array<float, 4>{kLargest, -kLargest, -kInfinity, -kInfinity}));
}

std::string Refusal(const std::vector<TokenBias>& biases) {
  const Status status = CheckLogitBias(biases, 10);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  return status.message();
}

TEST(LogitBiasTest, WhatMeansNothingIsRefusedByName) {
  EXPECT_TRUE(CheckLogitBias({}, 10).ok());
  EXPECT_TRUE(CheckLogitBias(std::vector<TokenBias>{{0, 1.0f}, {9, -kInfinity}}, 10).ok());
  EXPECT_EQ(Refusal({{0, 1.0f}, {10, 1.0f}}),
            "logit_bias[1] is of token id 10, outside the vocabulary of 10");
  EXPECT_EQ(Refusal({{-1, 1.0f}}), "logit_bias[0] is of token id -1, outside the vocabulary of 10");
  EXPECT_EQ(Refusal({{4, kInfinity}}),
            "logit_bias[0], of token id 4, is inf; it must be a finite number or -infinity");
  EXPECT_NE(Refusal({{4, std::nanf("")}}).find("nan"), std::string::npos);
  EXPECT_EQ(Refusal({{4, 1.0f}, {5, 1.0f}, {4, 1.0f}}),
            "logit_bias[0] and [2] are both of token id 4; a token has one bias");
}

}  // namespace
}  // namespace gemma4
