// config.json, as Hugging Face publishes it, to ModelConfig.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_CONFIG_JSON_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_CONFIG_JSON_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/model/model_config.h"

namespace gemma4 {

struct ModelConfigJson {
  ModelConfig model;  // validated
  // eos_token_id of the document, else of text_config: where generation ends if there is no
  // generation_config.json.
  std::vector<int32_t> eos_token_ids;
  bool has_int4_groups = false;  // quantization_config: int4_groups.h
};

// Reads both forms: the published one (global_head_dim, num_global_key_value_heads) and the newer
// one (per_layer_config), a multimodal document with text_config inside as well as a text-only
// one. Every default is the reference's; docs/checkpoints.md lists them.
// kCorrupt for values that make no sense, kUnsupported for models that are not ours.
StatusOr<ModelConfigJson> ParseModelConfigJson(std::span<const std::byte> bytes);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_CONFIG_JSON_H_
