// ModelWeights: what of a checkpoint the decoder computes with, in the form it computes with.
#ifndef GEMMA4_LIB_TRANSFORMER_MODEL_WEIGHTS_H_
#define GEMMA4_LIB_TRANSFORMER_MODEL_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/ops/linear.h"
#include "lib/ops/pack_linear.h"
#include "lib/ops/packed_weights.h"
#include "lib/transformer/arithmetic.h"
#include "lib/transformer/linear_formats.h"

namespace gemma4 {

// The linear layers of a decoder layer, after those that read the same input became one.
// Q, K and V are one linear except in the last layer that owns K/V, where most rows of a prompt
// need K and V only; sharing layers have only Q.
enum class LayerLinear : uint8_t {
  kQueryKeyValue,  // [q; k; v], or [q; k] where values are the raw keys
  kQuery,
  kKeyValue,  // [k; v] or [k]
  kOutput,
  kGateUp,  // [gate; up]
  kDown,
  kPerLayerInputGate,
  kPerLayerProjection,
};
inline constexpr size_t kNumLayerLinears = 8;

// One linear layer to be made: its shape and the stored tensors that make its rows. A linear that
// this model does not have has out_features 0.
struct LinearSource {
  size_t id = 0;
  size_t in_features = 0;
  size_t out_features = 0;
  std::vector<TensorView> parts;
  LinearFormat format = LinearFormat::kF32;

  bool exists() const { return out_features > 0; }
  LinearSpec spec() const { return {id, in_features, out_features, parts}; }
  uint64_t stored_bytes() const;
};

// The mixture of experts of a layer.
struct MoeWeights {
  LinearSource router;                // [num_experts, hidden], always f32
  std::vector<LinearSource> gate_up;  // [num_experts] of [2 * moe_intermediate, hidden]
  std::vector<LinearSource> down;     // [num_experts] of [hidden, moe_intermediate]

  std::vector<float> router_scale;             // [hidden], times hidden^-1/2
  std::vector<float> per_expert_scale;         // [num_experts]
  std::vector<float> pre_feedforward_norm_2;   // [hidden]
  std::vector<float> post_feedforward_norm_1;  // [hidden]
  std::vector<float> post_feedforward_norm_2;  // [hidden]
};

struct LayerWeights {
  LinearSource linears[kNumLayerLinears];

  // [hidden]
  std::vector<float> input_norm;
  std::vector<float> post_attention_norm;
  std::vector<float> pre_feedforward_norm;
  std::vector<float> post_feedforward_norm;
  std::vector<float> post_per_layer_input_norm;  // empty without PLE
  // [head_dim]
  std::vector<float> q_norm;
  std::vector<float> k_norm;  // empty where the layer owns no K/V

  float layer_scalar = 1.0f;

  std::optional<MoeWeights> moe;

  const LinearSource& linear(LayerLinear which) const {
    return linears[static_cast<size_t>(which)];
  }
};

// kCorrupt names a norm or scalar of `checkpoint` that holds what is not a finite number. (Linear
// layers are looked at while they are packed.)
Status CheckVectors(const Checkpoint& checkpoint);

// Immutable but for `packed`, which fills when the first Runner is made. The checkpoint must
// outlive it.
class ModelWeights {
 public:
  ModelWeights(const Checkpoint& source, Arithmetic arithmetic, const GridCheck& grid_check);

  const Checkpoint& checkpoint;
  const ModelConfig& config;
  std::vector<LayerWeights> layers;

  TensorView embed_tokens;            // [vocab, hidden], stays in the file
  TensorView embed_tokens_per_layer;  // [vocab, layers * P], stays in the file; rank 0 without PLE
  std::vector<float> final_norm;      // [hidden]
  std::vector<float> per_layer_projection_norm;  // [P]

  LinearSource head;
  // per_layer_model_projection cut at the last layer that owns K/V: rows that end there need only
  // the slices of the layers before it.
  LinearSource per_layer_model_early;  // layers [0, last_kv_layer)
  LinearSource per_layer_model_late;   // layers [last_kv_layer, N)

  PackedWeights packed;

  // Takes weights that were packed earlier, for every linear layer. kCorrupt names one that is
  // missing or of another shape.
  Status AdoptPacked(const PackedLinears& given);

  // Packs `source` unless it is packed already, and gives back the pages it was read from.
  // `source` is of this object.
  Status Pack(const LinearSource& source, const PackingOptions& options);

  // Pack(), and an operator for the packed weights.
  StatusOr<Linear> MakeLinear(const LinearSource& source, const PackingOptions& options);

  // Bytes of all linear layers when they are packed.
  StatusOr<uint64_t> AllPackedBytes() const;

  // Bytes that one decoded token reads, where `packed_bytes` gives those of a linear layer: all of
  // them but the experts that a token is not routed to.
  uint64_t BytesPerToken(
      const std::function<uint64_t(const LinearSource& source)>& packed_bytes) const;

  // Every linear layer that exists, in the order a Runner makes them.
  std::vector<const LinearSource*> AllLinears() const;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_MODEL_WEIGHTS_H_
