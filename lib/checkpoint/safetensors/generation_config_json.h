// generation_config.json to GenerationConfig.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_GENERATION_CONFIG_JSON_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_GENERATION_CONFIG_JSON_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/model/model_config.h"

namespace gemma4 {

// `config_eos_token_ids` are the stop ids where the file has no eos_token_id. A key that is absent
// has the default of GenerationConfig; null switches top_k and top_p off.
StatusOr<GenerationConfig> ParseGenerationConfigJson(std::span<const std::byte> bytes,
                                                     std::vector<int32_t> config_eos_token_ids);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_GENERATION_CONFIG_JSON_H_
