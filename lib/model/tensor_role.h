// Which tensors a Gemma 4 text decoder consists of, and the shape of each.
#ifndef GEMMA4_LIB_MODEL_TENSOR_ROLE_H_
#define GEMMA4_LIB_MODEL_TENSOR_ROLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/model/model_config.h"

namespace gemma4 {

// Names follow Hugging Face's; shapes are in ExpectedTensors().
enum class TensorRole : uint8_t {
  // One of each in a model.
  kEmbedTokens,
  kLmHead,
  kFinalNorm,
  kEmbedTokensPerLayer,
  kPerLayerModelProjection,
  kPerLayerProjectionNorm,
  // One of each in a layer.
  kInputNorm,
  kPostAttentionNorm,
  kPreFeedforwardNorm,
  kPostFeedforwardNorm,
  kQProj,
  kKProj,
  kVProj,
  kOProj,
  kQNorm,
  kKNorm,
  kGateProj,
  kUpProj,
  kDownProj,
  kLayerScalar,
  kPerLayerInputGate,
  kPerLayerProjection,
  kPostPerLayerInputNorm,
  // Mixture of experts.
  kRouterProj,
  kRouterScale,
  kRouterPerExpertScale,
  kExpertsGateUpProj,
  kExpertsDownProj,
  kPreFeedforwardNorm2,
  kPostFeedforwardNorm1,
  kPostFeedforwardNorm2,
  // In place of kExpertsGateUpProj in some files.
  kExpertsGateProj,
  kExpertsUpProj,
};
inline constexpr size_t kNumTensorRoles = 33;

// "q_proj": Hugging Face's name of the module, without prefix and ".weight".
const char* TensorRoleName(TensorRole role);
bool IsPerLayer(TensorRole role);

// Parts that only some models have: per-layer embeddings, a mixture of experts.
bool IsPerLayerEmbedding(TensorRole role);
bool IsMoe(TensorRole role);

struct ExpectedTensor {
  TensorRole role;
  size_t layer;  // 0 for tensors that are not per layer
  std::vector<size_t> shape;
};

// Every tensor that a decoder of this configuration computes with, outermost dimension first:
// no lm_head when tied, no k_proj/v_proj/k_norm in layers that own no K/V, no v_proj where
// k_eq_v, PLE and MoE tensors only where configured.
std::vector<ExpectedTensor> ExpectedTensors(const ModelConfig& config);

}  // namespace gemma4

#endif  // GEMMA4_LIB_MODEL_TENSOR_ROLE_H_
