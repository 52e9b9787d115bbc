// Every configuration among the golden references gives the layers that its generator describes.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/checkpoint/safetensors/model_config_json.h"
#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

struct Golden {
  const char* folder;  // below golden/
  // "SSF|SF": kinds of the layers; those after the bar share K/V.
  std::string_view kinds;
  size_t sliding_head_dim, full_head_dim, sliding_kv_heads, full_kv_heads;
  size_t intermediate_size, shared_intermediate_size;
  bool k_eq_v;
  size_t hidden_size_per_layer_input, sliding_window;
  float softcap;
};

void ExpectLayers(const std::string& root, const Golden& golden) {
  SCOPED_TRACE(golden.folder);
  const std::string text = ReadWholeFile(root + "/golden/" + golden.folder + "/config.json");
  const auto parsed = ParseModelConfigJson(BytesOf(text));
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const ModelConfig& config = parsed->model;
  std::string kinds(golden.kinds);
  const size_t num_owners = std::min(kinds.find('|'), kinds.size());
  std::erase(kinds, '|');
  ASSERT_EQ(config.num_layers(), kinds.size());
  EXPECT_EQ(config.num_kv_shared_layers, kinds.size() - num_owners);
  EXPECT_EQ(config.hidden_size_per_layer_input, golden.hidden_size_per_layer_input);
  EXPECT_EQ(config.sliding_window, golden.sliding_window);
  EXPECT_EQ(config.final_logit_softcapping, golden.softcap);
  for (size_t l = 0; l < kinds.size(); ++l) {
    SCOPED_TRACE(l);
    const bool is_full = kinds[l] == 'F', is_shared = l >= num_owners;
    const LayerConfig& layer = config.layers[l];
    EXPECT_EQ(layer.kind, is_full ? LayerKind::kFull : LayerKind::kSliding);
    EXPECT_EQ(layer.head_dim, is_full ? golden.full_head_dim : golden.sliding_head_dim);
    EXPECT_EQ(layer.num_key_value_heads, is_full ? golden.full_kv_heads : golden.sliding_kv_heads);
    EXPECT_EQ(layer.intermediate_size,
              is_shared ? golden.shared_intermediate_size : golden.intermediate_size);
    EXPECT_EQ(layer.k_eq_v, is_full && golden.k_eq_v);
    EXPECT_EQ(layer.kv_source, is_shared ? kinds.rfind(kinds[l], num_owners - 1) : l);
  }
}

TEST(GoldenConfigTest, TextReferences) {
  const Golden goldens[] = {
      {"text/e2b", "SSSSF|SSSSF", 16, 32, 1, 1, 128, 256, false, 16, 8, 30},
      {"text/e4b", "SSSSSF|SSSSSF", 16, 32, 2, 2, 160, 160, false, 16, 8, 30},
      {"text/12b", "SSSSSFSSSSSF", 16, 32, 2, 1, 128, 0, true, 0, 8, 30},
      {"text/31b", "SSSSSFSSSSSF", 16, 32, 4, 2, 128, 0, true, 0, 8, 30},
      {"text/26b-a4b", "SSSSSF", 16, 32, 2, 1, 72, 0, true, 0, 8, 30},
      {"text/odd", "SFSFF|SFF", 12, 20, 1, 1, 74, 74, false, 10, 5, 0},
      {"text/ple-no-sharing", "SSSSF", 16, 32, 2, 2, 128, 0, false, 8, 8, 30},
      {"text/untied-f32", "SFSF", 16, 32, 2, 2, 128, 0, false, 0, 8, 30},
  };
  for (const Golden& golden : goldens) ExpectLayers(GEMMA4_TEST_DATA_DIR, golden);
}

TEST(GoldenConfigTest, OddHasItsOwnRotary) {
  const std::string text = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/text/odd/config.json");
  const ModelConfig config = ParseModelConfigJson(BytesOf(text)).value().model;
  EXPECT_EQ(config.sliding_rope.theta, 5000.0);
  EXPECT_EQ(config.full_rope.theta, 77777.0);
  EXPECT_EQ(config.full_rope.num_rotated_pairs(20), 5u);
  EXPECT_EQ(config.rms_norm_eps, 1e-5f);
  EXPECT_EQ(config.num_attention_heads, 3u);
}

TEST(GoldenConfigTest, MixtureOfExperts) {
  const std::string text = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/text/26b-a4b/config.json");
  const ModelConfig config = ParseModelConfigJson(BytesOf(text)).value().model;
  ASSERT_TRUE(config.moe.has_value());
  EXPECT_EQ(config.moe->num_experts, 16u);
  EXPECT_EQ(config.moe->top_k_experts, 4u);
}

TEST(GoldenConfigTest, UntiedHead) {
  const std::string text =
      ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/text/untied-f32/config.json");
  EXPECT_FALSE(ParseModelConfigJson(BytesOf(text)).value().model.tie_word_embeddings);
}

TEST(GoldenConfigTest, FamilyAtItsRealSizes) {
  std::string e2b, e4b, twelve, twenty_six, thirty_one;
  for (int l = 0; l < 35; ++l) e2b += l % 5 == 4 ? 'F' : 'S';
  for (int l = 0; l < 60; ++l) thirty_one += l % 6 == 5 ? 'F' : 'S';
  e4b = thirty_one.substr(0, 42);
  twelve = thirty_one.substr(0, 48);
  twenty_six = thirty_one.substr(0, 30);
  e2b.insert(15, "|");
  e4b.insert(24, "|");
  const Golden goldens[] = {
      {"family/e2b", e2b, 256, 512, 1, 1, 6144, 12288, false, 256, 512, 30},
      {"family/e4b", e4b, 256, 512, 2, 2, 10240, 10240, false, 256, 512, 30},
      {"family/12b", twelve, 256, 512, 8, 1, 15360, 0, true, 0, 1024, 30},
      {"family/26b-a4b", twenty_six, 256, 512, 8, 2, 2112, 0, true, 0, 1024, 30},
      {"family/31b", thirty_one, 256, 512, 16, 4, 21504, 0, true, 0, 1024, 30},
  };
  for (const Golden& golden : goldens) ExpectLayers(GEMMA4_TEST_DATA_DIR, golden);
}

TEST(GoldenConfigTest, MultimodalReferences) {
#ifdef GEMMA4_SHARED_DIR
  const Golden goldens[] = {
      {"multimodal/vision-large", "SSSSSF", 16, 32, 2, 1, 128, 0, true, 0, 24, 30},
      {"multimodal/unified", "SSFSSF", 16, 32, 2, 1, 128, 0, true, 0, 24, 30},
      {"multimodal/e2b-multimodal", "SSSSF|SSSSF", 16, 32, 1, 1, 96, 192, false, 16, 8, 30},
      {"multimodal/assistant-ordered/target", "SSSSF|SSSSF", 16, 32, 1, 1, 96, 192, false, 16, 8,
       30},
      {"multimodal/assistant-dense/target", "SSSSF|SSSSF", 16, 32, 1, 1, 96, 192, false, 16, 8, 30},
      {"multimodal/assistant-unified/target", "SSFSSF", 16, 32, 2, 1, 128, 0, true, 0, 8, 30},
  };
  for (const Golden& golden : goldens) ExpectLayers(GEMMA4_SHARED_DIR, golden);
  for (const char* name : {"ordered", "dense", "unified"}) {
    const std::string text = ReadWholeFile(std::string(GEMMA4_SHARED_DIR "/golden/multimodal/") +
                                           "assistant-" + name + "/assistant/config.json");
    EXPECT_EQ(ParseModelConfigJson(BytesOf(text)).status().code(), StatusCode::kUnsupported);
  }
#else
  GTEST_SKIP() << "needs the shared test data";
#endif
}

}  // namespace
}  // namespace gemma4
