// A valid configuration with every feature of the dense models: sharing, double-wide FFN,
// per-layer embeddings, two head sizes.
#ifndef GEMMA4_TESTS_MODEL_SMALL_CONFIG_H_
#define GEMMA4_TESTS_MODEL_SMALL_CONFIG_H_

#include <gtest/gtest.h>

#include "lib/model/kv_sharing.h"
#include "lib/model/model_config.h"

namespace gemma4 {

// Layers S S F | S F, the last two sharing.
inline ModelConfig SmallConfig() {
  ModelConfig config;
  config.model_type = "gemma4_text";
  config.vocab_size = 100;
  config.hidden_size = 24;
  config.num_attention_heads = 4;
  config.sliding_window = 8;
  config.max_position_embeddings = 64;
  config.final_logit_softcapping = 30.0f;
  config.hidden_size_per_layer_input = 6;
  config.num_kv_shared_layers = 2;
  config.full_rope = {.theta = 1e6, .factor = 1.0, .partial_rotary_factor = 0.25};
  const LayerConfig sliding{.kind = LayerKind::kSliding,
                            .head_dim = 8,
                            .num_key_value_heads = 2,
                            .intermediate_size = 40};
  const LayerConfig full{
      .kind = LayerKind::kFull, .head_dim = 16, .num_key_value_heads = 1, .intermediate_size = 40};
  config.layers = {sliding, sliding, full, sliding, full};
  config.layers[3].intermediate_size = config.layers[4].intermediate_size = 80;
  EXPECT_TRUE(AssignKvSources(config).ok());
  return config;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_MODEL_SMALL_CONFIG_H_
