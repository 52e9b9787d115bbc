#include "lib/checkpoint/safetensors/tensor_names.h"

#include <gtest/gtest.h>

#include "tests/model/small_config.h"

namespace gemma4 {
namespace {

using enum TensorRole;

void ExpectUsed(const ModelConfig& config, const std::string& name, TensorRole role, size_t layer) {
  const auto claim = ClaimTensor(config, name);
  ASSERT_TRUE(claim.ok()) << claim.status().message();
  EXPECT_EQ(claim->use, TensorUse::kUsed) << name;
  EXPECT_EQ(claim->role, role) << name;
  EXPECT_EQ(claim->layer, layer) << name;
}

TEST(TensorNamesTest, KnowsFourPrefixes) {
  for (const char* prefix :
       {"model.language_model.", "model.", "language_model.model.", "language_model."}) {
    ExpectUsed(SmallConfig(), std::string(prefix) + "embed_tokens.weight", kEmbedTokens, 0);
    ExpectUsed(SmallConfig(), std::string(prefix) + "layers.2.self_attn.k_norm.weight", kKNorm, 2);
    EXPECT_EQ(ClaimTensor(SmallConfig(), std::string(prefix) + "norm.weight")->prefix, prefix);
  }
}

TEST(TensorNamesTest, NamesEveryExpectedTensorAndClaimsItBack) {
  ModelConfig config = SmallConfig();
  config.tie_word_embeddings = false;
  config.moe = MoeConfig{.num_experts = 8, .top_k_experts = 2, .moe_intermediate_size = 12};
  for (const ExpectedTensor& tensor : ExpectedTensors(config)) {
    ExpectUsed(config, TensorName("model.", tensor.role, tensor.layer), tensor.role, tensor.layer);
  }
  EXPECT_EQ(TensorName("model.language_model.", kExpertsGateUpProj, 12),
            "model.language_model.layers.12.experts.gate_up_proj");
  EXPECT_EQ(TensorName("model.", kLayerScalar, 0), "model.layers.0.layer_scalar");
  EXPECT_EQ(TensorName("model.language_model.", kLmHead, 0), "lm_head.weight");
}

TEST(TensorNamesTest, SetsVisionAndAudioAside) {
  for (const char* name :
       {"model.vision_tower.patch_embedder.input_proj.weight", "model.audio_tower.output_proj.bias",
        "model.embed_vision.embedding_projection.weight", "model.vision_embedder.pos_embedding",
        "model.embed_vision.multimodal_embedder.embedding_projection.weight",
        "model.embed_audio.embedding_projection.weight", "vision_tower.std_bias"}) {
    EXPECT_EQ(ClaimTensor(SmallConfig(), name)->use, TensorUse::kSetAside) << name;
  }
}

TEST(TensorNamesTest, SharedKvAndOtherLeftoversAreDead) {
  for (const char* name :
       {"model.layers.3.self_attn.k_proj.weight", "model.layers.4.self_attn.v_proj.weight",
        "model.layers.3.self_attn.k_norm.weight", "model.layers.4.self_attn.v_norm.weight",
        "model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq",
        "model.layers.0.self_attn.k_cache_scale", "lm_head.weight"}) {
    EXPECT_EQ(ClaimTensor(SmallConfig(), name)->use, TensorUse::kDead) << name;
  }
}

TEST(TensorNamesTest, TheHeadIsUsedWhereItIsNotTied) {
  ModelConfig config = SmallConfig();
  config.tie_word_embeddings = false;
  ExpectUsed(config, "lm_head.weight", kLmHead, 0);
}

TEST(TensorNamesTest, UnknownNamesAreNotFound) {
  for (const char* name :
       {"", "model", "model.", "model.layers.", "model.layers.x.input_layernorm.weight",
        "model.layers.01.input_layernorm.weight", "model.layers.0input_layernorm.weight",
        "model.layers.0.", "model.layers.0.self_attn.v_norm.weight",
        "model.layers.0.mlp.up_proj.weight_scale", "model.embed_tokens", "model.lm_head.weight",
        "pre_projection.weight", "transformer.h.0.attn.weight",
        "model.layers.0.embed_tokens.weight", "model.input_layernorm.weight"}) {
    EXPECT_EQ(ClaimTensor(SmallConfig(), name).status().code(), StatusCode::kNotFound) << name;
  }
}

TEST(TensorNamesTest, SaysWhyATensorCannotBe) {
  ModelConfig plain = SmallConfig();
  plain.hidden_size_per_layer_input = 0;
  plain.layers[2].k_eq_v = true;
  const std::pair<const char*, const char*> refusals[] = {
      {"model.layers.5.input_layernorm.weight",
       "tensor model.layers.5.input_layernorm.weight is of layer 5; the config has layers 0 to 4"},
      {"model.layers.99999999999999999999999.layer_scalar",
       "tensor model.layers.99999999999999999999999.layer_scalar is of layer 99999999999999999999; "
       "the config has layers 0 to 4"},
      {"model.layers.2.self_attn.v_proj.weight",
       "tensor model.layers.2.self_attn.v_proj.weight exists, but attention_k_eq_v says that layer "
       "2 "
       "takes its values from k_proj"},
      {"model.layers.0.self_attn.q_proj.bias",
       "tensor model.layers.0.self_attn.q_proj.bias is a bias; Gemma 4's decoder has none"},
      {"model.embed_tokens_per_layer.weight",
       "tensor model.embed_tokens_per_layer.weight exists, but hidden_size_per_layer_input is 0"},
      {"model.layers.0.per_layer_input_gate.weight",
       "tensor model.layers.0.per_layer_input_gate.weight exists, but hidden_size_per_layer_input "
       "is 0"},
      {"model.layers.0.router.scale",
       "tensor model.layers.0.router.scale exists, but enable_moe_block is not true"},
  };
  for (const auto& [name, message] : refusals) {
    EXPECT_EQ(ClaimTensor(plain, name).status().message(), message);
  }
}

}  // namespace
}  // namespace gemma4
