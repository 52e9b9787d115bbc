#include "lib/model/variants.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/model/small_config.h"

namespace gemma4 {
namespace {

TEST(VariantsTest, NamesEveryRowAndNothingElse) {
  std::set<std::string> names;
  for (const Variant& variant : PublishedVariants()) {
    ModelConfig config;
    config.layers.resize(variant.num_layers);
    config.hidden_size = variant.hidden_size;
    config.num_attention_heads = variant.num_attention_heads;
    config.hidden_size_per_layer_input = variant.hidden_size_per_layer_input;
    config.num_kv_shared_layers = variant.num_kv_shared_layers;
    config.vocab_size = variant.vocab_size;
    if (variant.num_experts > 0) config.moe = MoeConfig{.num_experts = variant.num_experts};
    EXPECT_STREQ(VariantName(config), variant.name);
    EXPECT_TRUE(names.insert(variant.name).second);
    config.hidden_size += 1;
    EXPECT_STREQ(VariantName(config), "custom");
  }
  EXPECT_EQ(names, (std::set<std::string>{"E2B", "E4B", "12B", "26B-A4B", "31B"}));
  EXPECT_STREQ(VariantName(SmallConfig()), "custom");
}

}  // namespace
}  // namespace gemma4
