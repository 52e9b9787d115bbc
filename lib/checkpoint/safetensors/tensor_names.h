// Hugging Face's tensor names: which role each one has, and which are not ours to run.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_TENSOR_NAMES_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_TENSOR_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/model/tensor_role.h"

namespace gemma4 {

struct TensorClaim {
  TensorUse use = TensorUse::kUsed;
  TensorRole role = TensorRole::kEmbedTokens;  // only where kUsed
  size_t layer = 0;                            // only where kUsed and per layer
  std::string_view prefix = {};                // what the name had before the decoder's own part
};

// Claims `name` for a decoder of this configuration. Four prefixes are known: that of multimodal
// files ("model.language_model."), of text-only ones ("model."), and two that other writers use.
// kCorrupt says why a decoder's tensor cannot be (a layer that does not exist, v_proj where
// k = v, ...); kNotFound: the name means nothing in a Gemma 4.
StatusOr<TensorClaim> ClaimTensor(const ModelConfig& config, std::string_view name);

// "model.layers.3.mlp.up_proj.weight", for the prefix "model.".
std::string TensorName(std::string_view prefix, TensorRole role, size_t layer);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_TENSOR_NAMES_H_
