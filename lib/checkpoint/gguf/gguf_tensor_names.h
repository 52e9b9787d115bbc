// GGUF's tensor names: which role each one has.
#ifndef GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_TENSOR_NAMES_H_
#define GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_TENSOR_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/model/tensor_role.h"

namespace gemma4 {

struct GgufTensorClaim {
  TensorUse use = TensorUse::kUsed;
  TensorRole role = TensorRole::kEmbedTokens;  // only where kUsed
  size_t layer = 0;                            // only where kUsed and per layer
};

// kNotFound: the name means nothing in a Gemma 4 of this configuration.
StatusOr<GgufTensorClaim> ClaimGgufTensor(const ModelConfig& config, std::string_view name);

// "blk.3.ffn_up.weight"
std::string GgufTensorName(TensorRole role, size_t layer);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_TENSOR_NAMES_H_
