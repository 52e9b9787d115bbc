#include "lib/model/tensor_role.h"

#include <iterator>
#include <utility>

namespace gemma4 {
namespace {

// Indexed by TensorRole.
constexpr const char* kNames[] = {
    "embed_tokens",
    "lm_head",
    "norm",
    "embed_tokens_per_layer",
    "per_layer_model_projection",
    "per_layer_projection_norm",
    "input_layernorm",
    "post_attention_layernorm",
    "pre_feedforward_layernorm",
    "post_feedforward_layernorm",
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "q_norm",
    "k_norm",
    "gate_proj",
    "up_proj",
    "down_proj",
    "layer_scalar",
    "per_layer_input_gate",
    "per_layer_projection",
    "post_per_layer_input_norm",
    "router.proj",
    "router.scale",
    "router.per_expert_scale",
    "experts.gate_up_proj",
    "experts.down_proj",
    "pre_feedforward_layernorm_2",
    "post_feedforward_layernorm_1",
    "post_feedforward_layernorm_2",
    "experts.gate_proj",
    "experts.up_proj",
};
static_assert(std::size(kNames) == kNumTensorRoles);

void AddLayer(const ModelConfig& config, size_t l, std::vector<ExpectedTensor>& expected) {
  const LayerConfig& layer = config.layers[l];
  const size_t hidden = config.hidden_size;
  const size_t query_size = config.num_attention_heads * layer.head_dim;
  const size_t kv_size = layer.num_key_value_heads * layer.head_dim;
  const auto add = [&](TensorRole role, std::vector<size_t> shape) {
    expected.push_back({role, l, std::move(shape)});
  };
  using enum TensorRole;

  add(kInputNorm, {hidden});
  add(kPostAttentionNorm, {hidden});
  add(kPreFeedforwardNorm, {hidden});
  add(kPostFeedforwardNorm, {hidden});
  add(kQProj, {query_size, hidden});
  add(kOProj, {hidden, query_size});
  add(kQNorm, {layer.head_dim});
  if (config.OwnsKv(l)) {
    add(kKProj, {kv_size, hidden});
    if (!layer.k_eq_v) add(kVProj, {kv_size, hidden});
    add(kKNorm, {layer.head_dim});
  }
  add(kGateProj, {layer.intermediate_size, hidden});
  add(kUpProj, {layer.intermediate_size, hidden});
  add(kDownProj, {hidden, layer.intermediate_size});
  add(kLayerScalar, {1});

  if (const size_t ple_size = config.hidden_size_per_layer_input; ple_size > 0) {
    add(kPerLayerInputGate, {ple_size, hidden});
    add(kPerLayerProjection, {hidden, ple_size});
    add(kPostPerLayerInputNorm, {hidden});
  }
  if (config.moe.has_value()) {
    const MoeConfig& moe = *config.moe;
    add(kRouterProj, {moe.num_experts, hidden});
    add(kRouterScale, {hidden});
    add(kRouterPerExpertScale, {moe.num_experts});
    if (moe.has_split_gate_up) {
      add(kExpertsGateProj, {moe.num_experts, moe.moe_intermediate_size, hidden});
      add(kExpertsUpProj, {moe.num_experts, moe.moe_intermediate_size, hidden});
    } else {
      add(kExpertsGateUpProj, {moe.num_experts, 2 * moe.moe_intermediate_size, hidden});
    }
    add(kExpertsDownProj, {moe.num_experts, hidden, moe.moe_intermediate_size});
    add(kPreFeedforwardNorm2, {hidden});
    add(kPostFeedforwardNorm1, {hidden});
    add(kPostFeedforwardNorm2, {hidden});
  }
}

}  // namespace

const char* TensorRoleName(TensorRole role) { return kNames[static_cast<size_t>(role)]; }

bool IsPerLayer(TensorRole role) { return role >= TensorRole::kInputNorm; }

bool IsPerLayerEmbedding(TensorRole role) {
  switch (role) {
    case TensorRole::kEmbedTokensPerLayer:
    case TensorRole::kPerLayerModelProjection:
    case TensorRole::kPerLayerProjectionNorm:
    case TensorRole::kPerLayerInputGate:
    case TensorRole::kPerLayerProjection:
    case TensorRole::kPostPerLayerInputNorm: return true;
    default: return false;
  }
}

bool IsMoe(TensorRole role) { return role >= TensorRole::kRouterProj; }

std::vector<ExpectedTensor> ExpectedTensors(const ModelConfig& config) {
  const size_t hidden = config.hidden_size;
  std::vector<ExpectedTensor> expected;
  expected.push_back({TensorRole::kEmbedTokens, 0, {config.vocab_size, hidden}});
  if (!config.tie_word_embeddings) {
    expected.push_back({TensorRole::kLmHead, 0, {config.vocab_size, hidden}});
  }
  expected.push_back({TensorRole::kFinalNorm, 0, {hidden}});
  if (const size_t ple_size = config.hidden_size_per_layer_input; ple_size > 0) {
    const size_t width = config.num_layers() * ple_size;
    expected.push_back({TensorRole::kEmbedTokensPerLayer, 0, {config.num_per_layer_rows(), width}});
    expected.push_back({TensorRole::kPerLayerModelProjection, 0, {width, hidden}});
    expected.push_back({TensorRole::kPerLayerProjectionNorm, 0, {ple_size}});
  }
  for (size_t l = 0; l < config.num_layers(); ++l) AddLayer(config, l, expected);
  return expected;
}

}  // namespace gemma4
