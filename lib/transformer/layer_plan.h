// Which rows of a chunk each layer works on.
//
// Layers past the last owner of K/V mix positions only through K/V that earlier layers stored. So
// for a row whose logits nobody reads the forward pass ends at that owner, and there needs only its
// keys and values (docs/gemma4.md, "The prefill shortcut"). This is exact, and all of it is decided
// here.
#ifndef GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_
#define GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_

#include <cstddef>

#include "lib/model/model_config.h"

namespace gemma4 {

struct LayerPlan {
  bool computes_kv = false;   // for every row that reaches the layer
  bool narrows_rows = false;  // the last owner of K/V: only read rows run its queries, attention,
                              // FFN and PLE, and everything after it
};

inline LayerPlan PlanLayer(const ModelConfig& config, size_t layer) {
  return {.computes_kv = config.OwnsKv(layer), .narrows_rows = layer == config.last_kv_layer()};
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_
