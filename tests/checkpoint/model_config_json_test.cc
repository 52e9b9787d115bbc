#include "lib/checkpoint/safetensors/model_config_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

using Json = nlohmann::json;

StatusOr<ModelConfigJson> Parse(const Json& document) {
  const std::string text = document.dump();
  return ParseModelConfigJson(BytesOf(text));
}

ModelConfig ParseGood(const Json& document) {
  auto config = Parse(document);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? std::move(config).value().model : ModelConfig();
}

Json TextOnly() { return {{"model_type", "gemma4_text"}}; }

// Keys of the decoder, in a text-only document.
Json With(const Json& keys) {
  Json document = TextOnly();
  document.update(keys);
  return document;
}

// ---- Defaults: what absence means ---------------------------------------------------------------

TEST(ModelConfigJsonTest, DefaultsAreTheReferences) {
  const ModelConfig config = ParseGood(TextOnly());
  EXPECT_EQ(config.model_type, "gemma4_text");
  EXPECT_EQ(config.vocab_size, 262144u);
  EXPECT_EQ(config.hidden_size, 2304u);
  EXPECT_EQ(config.num_attention_heads, 8u);
  EXPECT_EQ(config.sliding_window, 512u);
  EXPECT_EQ(config.max_position_embeddings, 131072u);
  EXPECT_EQ(config.rms_norm_eps, 1e-6f);
  EXPECT_EQ(config.final_logit_softcapping, 0.0f);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(config.hidden_size_per_layer_input, 256u);
  EXPECT_EQ(config.num_kv_shared_layers, 0u);
  EXPECT_FALSE(config.moe.has_value());
  EXPECT_EQ(config.sliding_rope.theta, 10000.0);
  EXPECT_EQ(config.sliding_rope.partial_rotary_factor, 1.0);
  EXPECT_EQ(config.full_rope.theta, 1000000.0);
  EXPECT_EQ(config.full_rope.partial_rotary_factor, 0.25);
  EXPECT_EQ(config.full_rope.factor, 1.0);
  EXPECT_EQ(config.bos_token_id, 2);
  EXPECT_EQ(config.eos_token_id, 1);
  EXPECT_EQ(config.pad_token_id, 0);
  EXPECT_TRUE(config.placeholder_token_ids.empty());
  ASSERT_EQ(config.num_layers(), 30u);
  for (size_t l = 0; l < 30; ++l) {
    const bool is_full = (l + 1) % 6 == 0;
    EXPECT_EQ(config.layers[l].kind, is_full ? LayerKind::kFull : LayerKind::kSliding);
    EXPECT_EQ(config.layers[l].head_dim, is_full ? 512u : 256u);
    EXPECT_EQ(config.layers[l].num_key_value_heads, 4u);
    EXPECT_EQ(config.layers[l].intermediate_size, 9216u);
    EXPECT_FALSE(config.layers[l].k_eq_v);
    EXPECT_EQ(config.layers[l].kv_source, l);
  }
}

TEST(ModelConfigJsonTest, UnifiedHasDefaultsOfItsOwn) {
  const ModelConfig config = ParseGood({{"model_type", "gemma4_unified_text"}});
  EXPECT_EQ(config.sliding_window, 1024u);
  EXPECT_EQ(config.max_position_embeddings, 262144u);
  EXPECT_EQ(config.hidden_size_per_layer_input, 0u);
}

TEST(ModelConfigJsonTest, MultimodalWithoutTextConfigHasEveryDefault) {
  const ModelConfig config = ParseGood({{"model_type", "gemma4"}});
  EXPECT_EQ(config.hidden_size, 2304u);
  EXPECT_TRUE(config.placeholder_token_ids.empty());  // neither vision nor audio
  EXPECT_EQ(ParseGood({{"model_type", "gemma4_unified"}}).hidden_size_per_layer_input, 0u);
}

TEST(ModelConfigJsonTest, GlobalHeadDimIs512WhenAbsentWhateverHeadDimIs) {
  EXPECT_EQ(ParseGood(With({{"head_dim", 64}})).layers[5].head_dim, 512u);
  EXPECT_EQ(ParseGood(With({{"global_head_dim", 128}})).layers[5].head_dim, 128u);
}

TEST(ModelConfigJsonTest, PerLayerConfigSwitchesTheOldKeysOff) {
  for (const Json& empty : {Json(Json::object()), Json(nullptr)}) {
    const ModelConfig config = ParseGood(With({{"per_layer_config", empty},
                                               {"head_dim", 64},
                                               {"global_head_dim", 128},
                                               {"attention_k_eq_v", true},
                                               {"num_global_key_value_heads", 1}}));
    EXPECT_EQ(config.layers[5].head_dim, 64u);
    EXPECT_EQ(config.layers[5].num_key_value_heads, 4u);
    EXPECT_TRUE(config.layers[5].k_eq_v);
  }
}

TEST(ModelConfigJsonTest, PerLayerConfigGivesWhatDiffers) {
  const ModelConfig config = ParseGood(
      With({{"num_hidden_layers", 6},
            {"per_layer_config", {{"5", {{"head_dim", 20}, {"num_key_value_heads", 2}}}}}}));
  EXPECT_EQ(config.layers[5].head_dim, 20u);
  EXPECT_EQ(config.layers[5].num_key_value_heads, 2u);
  EXPECT_EQ(config.layers[4].head_dim, 256u);
}

TEST(ModelConfigJsonTest, GlobalKvHeadsCountOnlyWhereKIsV) {
  const Json keys = {{"num_global_key_value_heads", 1}, {"num_key_value_heads", 2}};
  const ModelConfig without = ParseGood(With(keys));
  EXPECT_EQ(without.layers[5].num_key_value_heads, 2u);
  EXPECT_FALSE(without.layers[5].k_eq_v);
  Json with_k_eq_v = With(keys);
  with_k_eq_v["attention_k_eq_v"] = true;
  const ModelConfig with = ParseGood(with_k_eq_v);
  EXPECT_EQ(with.layers[5].num_key_value_heads, 1u);
  EXPECT_TRUE(with.layers[5].k_eq_v);
  EXPECT_FALSE(with.layers[4].k_eq_v);
  EXPECT_EQ(with.layers[4].num_key_value_heads, 2u);
}

TEST(ModelConfigJsonTest, TheLastLayerIsAlwaysFull) {
  const ModelConfig four = ParseGood(With({{"num_hidden_layers", 4}}));  // S S S F
  EXPECT_EQ(four.layers[2].kind, LayerKind::kSliding);
  EXPECT_EQ(four.layers[3].kind, LayerKind::kFull);
  const ModelConfig listed = ParseGood(With(
      {{"num_hidden_layers", 2}, {"layer_types", {"sliding_attention", "sliding_attention"}}}));
  EXPECT_EQ(listed.layers[1].kind, LayerKind::kFull);
  EXPECT_EQ(listed.layers[1].head_dim, 512u);
}

TEST(ModelConfigJsonTest, NullSwitchesPerLayerEmbeddingsOff) {
  EXPECT_EQ(ParseGood(With({{"hidden_size_per_layer_input", nullptr}})).hidden_size_per_layer_input,
            0u);
  EXPECT_EQ(ParseGood(With({{"hidden_size_per_layer_input", 0}, {"vocab_size_per_layer_input", 0}}))
                .hidden_size_per_layer_input,
            0u);
}

TEST(ModelConfigJsonTest, DoubleWideHoldsForSharingLayersOnly) {
  const Json types = {"sliding_attention", "full_attention", "sliding_attention", "full_attention"};
  Json keys = {{"num_hidden_layers", 4},
               {"layer_types", types},
               {"intermediate_size", 100},
               {"use_double_wide_mlp", true},
               {"num_kv_shared_layers", 2}};
  const ModelConfig config = ParseGood(With(keys));
  EXPECT_EQ(config.layers[1].intermediate_size, 100u);
  EXPECT_EQ(config.layers[2].intermediate_size, 200u);
  EXPECT_EQ(config.layers[2].kv_source, 0u);
  EXPECT_EQ(config.layers[3].kv_source, 1u);
  keys["num_kv_shared_layers"] = 0;  // without them the switch has no effect
  EXPECT_EQ(ParseGood(With(keys)).layers[3].intermediate_size, 100u);
}

TEST(ModelConfigJsonTest, TheTopLevelDecidesAboutTying) {
  EXPECT_TRUE(
      ParseGood({{"model_type", "gemma4"}, {"text_config", {{"tie_word_embeddings", false}}}})
          .tie_word_embeddings);
  EXPECT_FALSE(
      ParseGood({{"model_type", "gemma4"}, {"tie_word_embeddings", false}}).tie_word_embeddings);
  EXPECT_FALSE(ParseGood(With({{"tie_word_embeddings", false}})).tie_word_embeddings);
}

TEST(ModelConfigJsonTest, StopIdsOfTheDocumentWinOverTextConfigs) {
  const Json text = {{"eos_token_id", 7}};
  EXPECT_EQ(Parse({{"model_type", "gemma4"}, {"text_config", text}, {"eos_token_id", {1, 106}}})
                ->eos_token_ids,
            (std::vector<int32_t>{1, 106}));
  EXPECT_EQ(Parse({{"model_type", "gemma4"}, {"text_config", text}})->eos_token_ids,
            (std::vector<int32_t>{7}));
  EXPECT_EQ(Parse(With({{"eos_token_id", 9}}))->eos_token_ids, (std::vector<int32_t>{9}));
}

TEST(ModelConfigJsonTest, PlaceholdersAreTheFilesOwn) {
  EXPECT_EQ(ParseGood({{"model_type", "gemma4"}, {"vision_config", {{"hidden_size", 8}}}})
                .placeholder_token_ids,
            (std::vector<int32_t>{258880, 258881, 258884}));
  EXPECT_EQ(ParseGood({{"model_type", "gemma4"},
                       {"audio_config", {{"hidden_size", 8}}},
                       {"image_token_id", 14},
                       {"audio_token_id", 15},
                       {"video_token_id", 16}})
                .placeholder_token_ids,
            (std::vector<int32_t>{14, 15, 16}));
}

TEST(ModelConfigJsonTest, ReadsRopeNestedByLayerType) {
  const ModelConfig config = ParseGood(
      With({{"rope_parameters",
             {{"sliding_attention", {{"rope_theta", 5000}, {"partial_rotary_factor", 0.5}}},
              {"full_attention",
               {{"rope_type", "proportional"}, {"rope_theta", 7.5e4}, {"factor", 8}}}}}}));
  EXPECT_EQ(config.sliding_rope.theta, 5000.0);
  EXPECT_EQ(config.sliding_rope.partial_rotary_factor, 1.0);  // "default" rotates the whole head
  EXPECT_EQ(config.full_rope.theta, 75000.0);
  EXPECT_EQ(config.full_rope.factor, 8.0);
  EXPECT_EQ(config.full_rope.partial_rotary_factor, 1.0);  // absent: all
}

TEST(ModelConfigJsonTest, ATypeThatDoesNotOccurNeedsNoRope) {
  const ModelConfig config =
      ParseGood(With({{"num_hidden_layers", 1},
                      {"rope_parameters", {{"full_attention", {{"rope_theta", 100.0}}}}}}));
  EXPECT_EQ(config.full_rope.theta, 100.0);
}

TEST(ModelConfigJsonTest, ReadsExperts) {
  const ModelConfig config = ParseGood(With({{"enable_moe_block", true},
                                             {"num_experts", 16},
                                             {"top_k_experts", 4},
                                             {"moe_intermediate_size", 32}}));
  ASSERT_TRUE(config.moe.has_value());
  EXPECT_EQ(config.moe->num_experts, 16u);
  EXPECT_EQ(config.moe->top_k_experts, 4u);
  EXPECT_EQ(config.moe->moe_intermediate_size, 32u);
  EXPECT_EQ(ParseGood(With({{"enable_moe_block", true},
                            {"num_experts", 16},
                            {"top_k_experts", 4},
                            {"expert_intermediate_size", 48}}))
                .moe->moe_intermediate_size,
            48u);
}

TEST(ModelConfigJsonTest, IgnoresKeysThatDoNotConcernIt) {
  ParseGood(With({{"use_cache", true},
                  {"rope_theta", 3},
                  {"rope_scaling", {{"type", "yarn"}}},
                  {"id2label", {{"0", "LABEL_0"}}},
                  {"use_bidirectional_attention", "vision"},
                  {"architectures", nullptr}}));
}

// ---- Refusals -----------------------------------------------------------------------------------

struct Refusal {
  Json document;
  StatusCode code;
  const char* message;
};

void ExpectRefusals(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    const Status status = Parse(refusal.document).status();
    EXPECT_EQ(status.code(), refusal.code) << refusal.document;
    EXPECT_EQ(status.message(), refusal.message);
  }
}

constexpr const char* kSupported =
    "; gemma4, gemma4_text, gemma4_unified and gemma4_unified_text are supported";

TEST(ModelConfigJsonTest, SaysWhatAForeignModelIs) {
  const std::pair<const char*, std::string> foreign[] = {
      {"gemma4_assistant",
       "a Gemma 4 drafter (assistant), which only drafts tokens for the model it was made for"},
      {"gemma4_unified_assistant",
       "a Gemma 4 drafter (assistant), which only drafts tokens for the model it was made for"},
      {"gemma3", "a Gemma 3 model, another architecture than Gemma 4"},
      {"gemma3_text", "a Gemma 3 model, another architecture than Gemma 4"},
      {"gemma3n", "a Gemma 3n model, another architecture than Gemma 4"},
      {"gemma2", "a Gemma 2 model, another architecture than Gemma 4"},
      {"gemma", "another Gemma than Gemma 4"},
      {"gemma4_vision", "the vision tower of a Gemma 4, without its text decoder"},
      {"gemma4_turbo", "a kind of Gemma 4 that this version does not know"},
      {"llama", "not a Gemma 4 model"},
  };
  for (const auto& [type, what] : foreign) {
    const Status status = Parse({{"model_type", type}}).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_EQ(status.message(), "model_type \"" + std::string(type) + "\" is " + what + kSupported);
  }
}

TEST(ModelConfigJsonTest, RefusesWhatTheDecoderCannotRun) {
  ExpectRefusals({
      {Json::object(), StatusCode::kCorrupt,
       "model_type is missing; \"gemma4\" or \"gemma4_unified\" is expected"},
      {With({{"architectures", {"Gemma4ForSequenceClassification"}}}), StatusCode::kUnsupported,
       "architectures names \"Gemma4ForSequenceClassification\"; Gemma4ForConditionalGeneration, "
       "Gemma4ForCausalLM and their Unified forms are supported"},
      {{{"model_type", "gemma4"}, {"text_config", {{"model_type", "gemma3_text"}}}},
       StatusCode::kUnsupported,
       "text_config.model_type is \"gemma3_text\" inside \"gemma4\"; \"gemma4_text\" is expected"},
      {With({{"hidden_activation", "silu"}}), StatusCode::kUnsupported,
       "hidden_activation is \"silu\"; \"gelu_pytorch_tanh\" is supported"},
      {With({{"attention_bias", true}}), StatusCode::kUnsupported,
       "attention_bias is true; Gemma 4 has no biases"},
      {With({{"use_bidirectional_attention", "all"}}), StatusCode::kUnsupported,
       "use_bidirectional_attention is \"all\"; null and \"vision\" generate text (\"all\" is for "
       "embedding models)"},
      {{{"model_type", "gemma4"}, {"quantization_config", {{"quant_method", "gemma"}}}},
       StatusCode::kUnsupported,
       "quantization_config: weights quantized by the method \"gemma\" are not supported; BF16, "
       "F16, F32 and compressed-tensors' 4-bit groups of 32 are"},
      {{{"model_type", "gemma4"},
        {"quantization_config",
         {{"quant_method", "compressed-tensors"},
          {"format", "pack-quantized"},
          {"config_groups",
           {{"group_0", {{"weights", {{"num_bits", 4}, {"group_size", 128}}}}}}}}}},
       StatusCode::kUnsupported,
       "quantization_config: group_size is 128; of compressed-tensors, only symmetric 4-bit "
       "weights in "
       "groups of 32, pack-quantized, are supported"},
      {{{"model_type", "gemma4_unified_text"}, {"enable_moe_block", true}},
       StatusCode::kUnsupported,
       "enable_moe_block is true; gemma4_unified_text models have no experts"},
  });
}

TEST(ModelConfigJsonTest, RefusesNumbersThatMakeNoSense) {
  ExpectRefusals({
      {{{"model_type", "gemma4"}, {"text_config", {{"sliding_window", nullptr}}}},
       StatusCode::kCorrupt,
       "text_config.sliding_window is null; a whole number from 0 to 2147483647 is expected"},
      {With({{"global_head_dim", nullptr}}), StatusCode::kCorrupt,
       "global_head_dim is null; a whole number from 0 to 2147483647 is expected"},
      {With({{"num_hidden_layers", 100000}}), StatusCode::kCorrupt,
       "num_hidden_layers is 100000; 1 to 1024 is allowed"},
      {With({{"num_hidden_layers", 0}}), StatusCode::kCorrupt,
       "num_hidden_layers is 0; 1 to 1024 is allowed"},
      {With({{"layer_types", {"full_attention"}}}), StatusCode::kCorrupt,
       "layer_types has 1 entries; num_hidden_layers is 30"},
      {With({{"num_hidden_layers", 1}, {"layer_types", {"linear_attention"}}}),
       StatusCode::kUnsupported,
       "layer_types[0] is \"linear_attention\"; \"sliding_attention\" and \"full_attention\" are "
       "supported"},
      {With({{"num_key_value_heads", 3}}), StatusCode::kCorrupt,
       "layer 0: num_key_value_heads is 3; it must divide the 8 query heads"},
      {With({{"num_kv_shared_layers", 30}}), StatusCode::kCorrupt,
       "num_kv_shared_layers is 30; it must be below the 30 layers"},
      {With({{"num_kv_shared_layers", 26}}), StatusCode::kCorrupt,
       "layer 5 shares K/V (num_kv_shared_layers is 26 of 30 layers), but none of the first 4 "
       "layers is a full attention layer whose K/V it could read"},
      {With({{"vocab_size", 300000}}), StatusCode::kCorrupt,
       "vocab_size_per_layer_input is 262144; at least vocab_size, 300000, is expected"},
      {With({{"final_logit_softcapping", 0}}), StatusCode::kCorrupt,
       "final_logit_softcapping is 0; null or a number above 0 is expected"},
      {With({{"enable_moe_block", true}, {"num_experts", 8}, {"moe_intermediate_size", 8}}),
       StatusCode::kCorrupt, "enable_moe_block is true, but top_k_experts is missing"},
      {With({{"enable_moe_block", true},
             {"num_experts", 8},
             {"top_k_experts", 9},
             {"moe_intermediate_size", 8}}),
       StatusCode::kCorrupt, "top_k_experts is 9; 1 to 8 is allowed"},
  });
}

TEST(ModelConfigJsonTest, RefusesPerLayerConfigsThatContradict) {
  ExpectRefusals({
      {With({{"per_layer_config", {{"30", {{"head_dim", 8}}}}}}), StatusCode::kCorrupt,
       "per_layer_config.30: the key is not a layer; 0 to 29 is allowed"},
      {With({{"per_layer_config", {{"05", {{"head_dim", 8}}}}}}), StatusCode::kCorrupt,
       "per_layer_config.05: the key is not a layer; 0 to 29 is allowed"},
      {With({{"per_layer_config", {{"5", {{"head_dim", 8}}}}}}), StatusCode::kCorrupt,
       "per_layer_config gives layer 11 4 K/V heads of 256 and layer 5 4 of 8; both are "
       "full_attention layers and must agree"},
      {With({{"per_layer_config", {{"5", {{"intermediate_size", 8}}}}}}), StatusCode::kUnsupported,
       "per_layer_config.5.intermediate_size differs by layer; only head_dim and "
       "num_key_value_heads may"},
  });
}

TEST(ModelConfigJsonTest, RefusesRopeThatIsNotNestedOrNotWhole) {
  const Json sliding = {{"rope_theta", 10000.0}};
  ExpectRefusals({
      {With({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 10000.0}}}}),
       StatusCode::kUnsupported,
       "rope_parameters is flat; entries \"sliding_attention\" and \"full_attention\" are "
       "expected"},
      {With({{"rope_parameters", {{"sliding_attention", sliding}}}}), StatusCode::kCorrupt,
       "rope_parameters.full_attention is missing, but there are such layers"},
      {With({{"rope_parameters",
              {{"sliding_attention", sliding}, {"full_attention", Json::object()}}}}),
       StatusCode::kCorrupt, "rope_parameters.full_attention.rope_theta is missing"},
      {With({{"rope_parameters",
              {{"sliding_attention", sliding},
               {"full_attention", {{"rope_type", "yarn"}, {"rope_theta", 1.0}}}}}}),
       StatusCode::kUnsupported,
       "rope_parameters.full_attention.rope_type is \"yarn\"; \"default\" and \"proportional\" are "
       "supported"},
      {With({{"rope_parameters",
              {{"sliding_attention", sliding}, {"full_attention", {{"rope_theta", -1}}}}}}),
       StatusCode::kCorrupt, "rope_theta of full_attention is -1; it must be finite and above 0"},
  });
}

}  // namespace
}  // namespace gemma4
