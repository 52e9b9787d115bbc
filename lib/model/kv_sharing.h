// Which layer's keys and values each layer reads.
#ifndef GEMMA4_LIB_MODEL_KV_SHARING_H_
#define GEMMA4_LIB_MODEL_KV_SHARING_H_

#include "lib/base/status.h"
#include "lib/model/model_config.h"

namespace gemma4 {

// Sets kv_source of every layer from the layers' kinds and num_kv_shared_layers: the first
// N - num_kv_shared_layers layers own their K/V, each later one reads the last owning layer of its
// kind (E2B: sliding layers read layer 13, full ones layer 14).
// kCorrupt when every layer would share, or a kind has no owning layer.
Status AssignKvSources(ModelConfig& config);

}  // namespace gemma4

#endif  // GEMMA4_LIB_MODEL_KV_SHARING_H_
