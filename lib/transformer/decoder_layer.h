// DecoderLayer: one layer's forward pass over the rows of a chunk.
#ifndef GEMMA4_LIB_TRANSFORMER_DECODER_LAYER_H_
#define GEMMA4_LIB_TRANSFORMER_DECODER_LAYER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/ops/attention.h"
#include "lib/ops/linear.h"
#include "lib/transformer/activations.h"
#include "lib/transformer/chunk_rows.h"
#include "lib/transformer/layer_plan.h"
#include "lib/transformer/model_weights.h"
#include "lib/transformer/moe_block.h"

namespace gemma4 {

// The parts of a layer, in order. Between two of them nothing but the residual stream is alive.
enum class LayerBlock : uint8_t { kAttention, kFeedForward, kPerLayerInput };
inline constexpr size_t kNumLayerBlocks = 3;

// Holds the layer's XNNPACK operators, so it belongs to one Runner.
class DecoderLayer {
 public:
  static StatusOr<DecoderLayer> Create(ModelWeights& weights, size_t layer, size_t max_chunk_tokens,
                                       const PackingOptions& packing);

  // Takes a.hidden through a block of the layer, for the rows that are left in `rows`. Attention in
  // a layer that narrows rows leaves `rows` and a.hidden with the read rows alone.
  // ple: [rows, num_layers of the buffer, P] with this layer's slice at ple + offset; null without
  // PLE.
  Status Run(LayerBlock block, ChunkRows& rows, Activations& a, const float* ple, size_t ple_stride,
             ThreadPool& pool);

  const LayerPlan& plan() const { return plan_; }

 private:
  Status ComputeKeysValues(const ChunkRows& rows, Activations& a, const float* keys_values,
                           size_t stride, ThreadPool& pool);
  Status RunAttention(ChunkRows& rows, Activations& a, ThreadPool& pool);
  Status RunFeedForward(size_t num_rows, Activations& a, ThreadPool& pool);
  Status RunPerLayerInput(size_t num_rows, Activations& a, const float* ple, size_t ple_stride,
                          ThreadPool& pool);

  Linear& linear(LayerLinear which) { return linears_[static_cast<size_t>(which)]; }

  const ModelConfig* config_ = nullptr;
  const LayerConfig* layer_ = nullptr;
  const LayerWeights* weights_ = nullptr;
  LayerPlan plan_;
  size_t index_ = 0;
  Linear linears_[kNumLayerLinears];
  std::optional<MoeBlock> moe_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_DECODER_LAYER_H_
