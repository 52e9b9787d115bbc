// Runner: the operators and scratch memory with which one call at a time runs the transformer.
#ifndef GEMMA4_LIB_TRANSFORMER_RUNNER_H_
#define GEMMA4_LIB_TRANSFORMER_RUNNER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/transformer/activations.h"
#include "lib/transformer/chunk_rows.h"
#include "lib/transformer/decoder_layer.h"
#include "lib/transformer/embedding_table.h"
#include "lib/transformer/model_weights.h"
#include "lib/transformer/transformer.h"

namespace gemma4 {

class Runner {
 public:
  // Called before each step of making operators (the LM head and the model's own linears, then
  // each layer); an error ends Create with it.
  using BeforeStep = std::function<Status(uint64_t done_bytes)>;

  // Packs weights that are not packed yet.
  static StatusOr<std::unique_ptr<Runner>> Create(ModelWeights& weights,
                                                  const TransformerOptions& options,
                                                  const BeforeStep& before_step);

  // As Transformer::Forward, but advances no cache.
  Status Run(std::span<const ChunkSequence> chunk, std::span<float> logits,
             const ForwardOptions& options);

 private:
  Runner(ModelWeights& weights, const TransformerOptions& options, Activations activations);

  Status Embed();
  Status ComputePerLayerInputs();
  Status MixPerLayerInputs(Linear& projection, const float* embeddings,
                           std::span<const int32_t> ids, size_t first_layer, size_t num_layers,
                           float* out);
  Status RunLayers(const ForwardOptions& options);
  Status RunHead(std::span<float> logits, const ForwardOptions& options);

  const ModelWeights& weights_;
  const ModelConfig& config_;
  ThreadPool& pool_;
  Activations activations_;
  ChunkRows rows_;
  std::vector<int32_t> lookup_ids_;       // token ids, placeholders as pad
  std::vector<int32_t> read_lookup_ids_;  // of the read rows
  EmbeddingTable embed_tokens_;
  EmbeddingTable embed_tokens_per_layer_;
  Linear per_layer_model_early_;
  Linear per_layer_model_late_;
  Linear head_;
  std::vector<DecoderLayer> layers_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_RUNNER_H_
