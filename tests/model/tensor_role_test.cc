#include "lib/model/tensor_role.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/model/small_config.h"

namespace gemma4 {
namespace {

using enum TensorRole;

std::map<std::pair<TensorRole, size_t>, std::vector<size_t>> Expected(const ModelConfig& config) {
  std::map<std::pair<TensorRole, size_t>, std::vector<size_t>> expected;
  for (const ExpectedTensor& tensor : ExpectedTensors(config)) {
    EXPECT_TRUE(expected.emplace(std::pair(tensor.role, tensor.layer), tensor.shape).second);
  }
  return expected;
}

using Shape = std::vector<size_t>;

TEST(TensorRoleTest, NamesEveryRoleOnce) {
  std::set<std::string> names;
  for (size_t i = 0; i < kNumTensorRoles; ++i) {
    EXPECT_TRUE(names.insert(TensorRoleName(static_cast<TensorRole>(i))).second);
  }
  EXPECT_STREQ(TensorRoleName(kQProj), "q_proj");
  EXPECT_STREQ(TensorRoleName(kPostFeedforwardNorm2), "post_feedforward_layernorm_2");
}

TEST(TensorRoleTest, KnowsWhichAreOneALayer) {
  EXPECT_FALSE(IsPerLayer(kPerLayerProjectionNorm));
  EXPECT_TRUE(IsPerLayer(kInputNorm));
  EXPECT_TRUE(IsPerLayer(kPostFeedforwardNorm2));
}

// Hidden 24, 4 heads; sliding layers 2 K/V heads of 8, full ones 1 of 16; PLE 6 in 5 layers.
TEST(TensorRoleTest, GivesEachLayerItsOwnShapes) {
  const auto expected = Expected(SmallConfig());
  EXPECT_EQ(expected.at({kQProj, 0}), (Shape{32, 24}));
  EXPECT_EQ(expected.at({kKProj, 0}), (Shape{16, 24}));
  EXPECT_EQ(expected.at({kVProj, 0}), (Shape{16, 24}));
  EXPECT_EQ(expected.at({kOProj, 0}), (Shape{24, 32}));
  EXPECT_EQ(expected.at({kQNorm, 2}), (Shape{16}));
  EXPECT_EQ(expected.at({kQProj, 2}), (Shape{64, 24}));
  EXPECT_EQ(expected.at({kKProj, 2}), (Shape{16, 24}));
  EXPECT_EQ(expected.at({kUpProj, 2}), (Shape{40, 24}));
  EXPECT_EQ(expected.at({kDownProj, 3}), (Shape{24, 80}));
  EXPECT_EQ(expected.at({kLayerScalar, 3}), (Shape{1}));
  EXPECT_EQ(expected.at({kEmbedTokens, 0}), (Shape{100, 24}));
  EXPECT_EQ(expected.at({kEmbedTokensPerLayer, 0}), (Shape{100, 30}));
  EXPECT_EQ(expected.at({kPerLayerModelProjection, 0}), (Shape{30, 24}));
  EXPECT_EQ(expected.at({kPerLayerProjectionNorm, 0}), (Shape{6}));
  EXPECT_EQ(expected.at({kPerLayerInputGate, 4}), (Shape{6, 24}));
  EXPECT_EQ(expected.at({kPerLayerProjection, 4}), (Shape{24, 6}));
}

TEST(TensorRoleTest, SharingLayersHaveNoKv) {
  const auto expected = Expected(SmallConfig());
  for (TensorRole role : {kKProj, kVProj, kKNorm}) {
    EXPECT_TRUE(expected.contains({role, 2}));
    EXPECT_FALSE(expected.contains({role, 3}));
    EXPECT_FALSE(expected.contains({role, 4}));
  }
}

TEST(TensorRoleTest, TensorsFollowTheFeatures) {
  ModelConfig config = SmallConfig();
  EXPECT_FALSE(Expected(config).contains({kLmHead, 0}));
  config.tie_word_embeddings = false;
  config.hidden_size_per_layer_input = 0;
  config.layers[2].k_eq_v = true;
  config.moe = MoeConfig{.num_experts = 8, .top_k_experts = 2, .moe_intermediate_size = 12};
  const auto expected = Expected(config);
  EXPECT_EQ(expected.at({kLmHead, 0}), (Shape{100, 24}));
  EXPECT_FALSE(expected.contains({kEmbedTokensPerLayer, 0}));
  EXPECT_FALSE(expected.contains({kPerLayerInputGate, 0}));
  EXPECT_TRUE(expected.contains({kVProj, 0}));
  EXPECT_FALSE(expected.contains({kVProj, 2}));
  EXPECT_TRUE(expected.contains({kKProj, 2}));
  EXPECT_EQ(expected.at({kRouterProj, 1}), (Shape{8, 24}));
  EXPECT_EQ(expected.at({kRouterPerExpertScale, 1}), (Shape{8}));
  EXPECT_EQ(expected.at({kExpertsGateUpProj, 1}), (Shape{8, 24, 24}));
  EXPECT_EQ(expected.at({kExpertsDownProj, 1}), (Shape{8, 24, 12}));
  EXPECT_EQ(expected.at({kGateProj, 1}), (Shape{40, 24}));  // the dense FFN stays
}

TEST(TensorRoleTest, ThePerLayerTableMayHaveMoreRowsThanTheVocabulary) {
  ModelConfig config = SmallConfig();
  config.vocab_size_per_layer_input = 128;
  EXPECT_EQ(Expected(config).at({kEmbedTokensPerLayer, 0}), (Shape{128, 30}));
}

}  // namespace
}  // namespace gemma4
