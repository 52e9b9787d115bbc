// The part of config.json that says how layers differ: kinds, head sizes, FFN widths, rotary.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_LAYER_CONFIGS_JSON_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_LAYER_CONFIGS_JSON_H_

#include "lib/base/status.h"
#include "lib/checkpoint/json/json_object.h"
#include "lib/model/model_config.h"

namespace gemma4 {

// Sets layers, num_kv_shared_layers, sliding_rope and full_rope of `model` from `text`, the object
// with the decoder's keys.
Status ReadLayerConfigs(const JsonObject& text, ModelConfig& model);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_LAYER_CONFIGS_JSON_H_
