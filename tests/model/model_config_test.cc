#include "lib/model/model_config.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/model/small_config.h"

namespace gemma4 {
namespace {

TEST(ModelConfigTest, AcceptsASmallConfig) {
  const Status status = SmallConfig().Validate();
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(ModelConfigTest, KnowsWhereKvEnds) {
  const ModelConfig config = SmallConfig();
  EXPECT_EQ(config.last_kv_layer(), 2u);
  EXPECT_TRUE(config.OwnsKv(2));
  EXPECT_FALSE(config.OwnsKv(3));
  EXPECT_EQ(config.layers[3].kv_source, 1u);
  EXPECT_EQ(config.layers[4].kv_source, 2u);
}

// head_dim 512 and a quarter: dims 0 ... 63 turn with 256 ... 319.
TEST(ModelConfigTest, RotatesAWholeNumberOfPairs) {
  EXPECT_EQ((RopeConfig{.partial_rotary_factor = 0.25}).num_rotated_pairs(512), 64u);
  EXPECT_EQ((RopeConfig{.partial_rotary_factor = 1.0}).num_rotated_pairs(256), 128u);
  EXPECT_EQ((RopeConfig{.partial_rotary_factor = 0.5}).num_rotated_pairs(20), 5u);
}

struct Refusal {
  std::function<void(ModelConfig&)> change;
  const char* message;
};

TEST(ModelConfigTest, NamesTheKeyTheValueAndWhatIsAllowed) {
  const Refusal refusals[] = {
      {[](auto& c) { c.vocab_size = 0; }, "vocab_size is 0; 1 to 16777216 is allowed"},
      {[](auto& c) { c.hidden_size = size_t{1} << 40; },
       "hidden_size is 1099511627776; 1 to 1048576 is allowed"},
      {[](auto& c) { c.num_attention_heads = 0; },
       "num_attention_heads is 0; 1 to 4096 is allowed"},
      {[](auto& c) { c.layers.clear(); }, "num_hidden_layers is 0; 1 to 1024 is allowed"},
      {[](auto& c) { c.sliding_window = 0; }, "sliding_window is 0; 1 to 2147483647 is allowed"},
      {[](auto& c) { c.rms_norm_eps = -1.0f; },
       "rms_norm_eps is -1; it must be finite and not negative"},
      {[](auto& c) { c.final_logit_softcapping = std::numeric_limits<float>::infinity(); },
       "final_logit_softcapping is inf; it must be finite and above 0"},
      {[](auto& c) { c.vocab_size_per_layer_input = 99; },
       "vocab_size_per_layer_input is 99; 100 to 16777216 is allowed"},
      {[](auto& c) { c.num_kv_shared_layers = 5; },
       "num_kv_shared_layers is 5; it must be below the 5 layers"},
      {[](auto& c) {
         c.moe = MoeConfig{4, 5, 16};
       },
       "top_k_experts is 5; 1 to 4 is allowed"},
      {[](auto& c) { c.full_rope.theta = 0.0; },
       "rope_theta of full_attention is 0; it must be finite and above 0"},
      {[](auto& c) { c.sliding_rope.partial_rotary_factor = 1.5; },
       "partial_rotary_factor of sliding_attention is 1.5; 0 to 1 is allowed"},
      {[](auto& c) { c.layers[1].head_dim = 7; },
       "layer 1: head_dim is 7; it must be even, since rotary pairs its halves"},
      {[](auto& c) { c.layers[0].num_key_value_heads = 3; },
       "layer 0: num_key_value_heads is 3; it must divide the 4 query heads"},
      {[](auto& c) { c.layers[0].intermediate_size = 0; },
       "layer 0: intermediate_size is 0; 1 to 2097152 is allowed"},
      {[](auto& c) { c.layers[0].k_eq_v = true; },
       "layer 0: attention_k_eq_v holds for full attention layers only"},
      {[](auto& c) { c.layers[4].head_dim = 8; },
       "layer 4: it has 1 K/V heads of 8, but shares the K/V of layer 2, which has 1 of 16"},
      {[](auto& c) { c.layers[3].kv_source = 3; },
       "layer 3: it reads the K/V of layer 3; the first 3 layers own K/V"},
      {[](auto& c) { c.pad_token_id = 100; },
       "pad_token_id is 100; 0 to 99 (vocab_size - 1) is allowed"},
      {[](auto& c) { c.bos_token_id = -1; },
       "bos_token_id is -1; 0 to 99 (vocab_size - 1) is allowed"},
  };
  for (const Refusal& refusal : refusals) {
    ModelConfig config = SmallConfig();
    refusal.change(config);
    const Status status = config.Validate();
    EXPECT_EQ(status.code(), StatusCode::kCorrupt);
    EXPECT_EQ(status.message(), refusal.message);
  }
}

}  // namespace
}  // namespace gemma4
