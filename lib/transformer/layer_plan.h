// Which rows of a chunk each layer works on.
//
// Layers past the last owner of K/V mix positions only through K/V that earlier layers stored. So
// for a row whose logits nobody reads the forward pass ends at that owner, and there needs only its
// keys and values (spec 3.9, "prefill shortcut"). This is exact, and all of it is decided here.
#ifndef GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_
#define GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_

#include <cstddef>

#include "lib/model/model_config.h"

namespace gemma4 {

enum class RowSet : uint8_t {
  kAll,   // every row of the chunk
  kRead,  // the rows whose logits are wanted, moved together
};

struct LayerPlan {
  bool computes_kv = false;          // for every row that reaches the layer
  RowSet block_rows = RowSet::kAll;  // rows that run queries, attention, FFN and PLE
  bool narrows_rows = false;         // rows shrink from kAll to kRead inside this layer
};

inline LayerPlan PlanLayer(const ModelConfig& config, size_t layer) {
  const size_t last_kv = config.last_kv_layer();
  return {.computes_kv = config.OwnsKv(layer),
          .block_rows = layer < last_kv ? RowSet::kAll : RowSet::kRead,
          .narrows_rows = layer == last_kv};
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_LAYER_PLAN_H_
