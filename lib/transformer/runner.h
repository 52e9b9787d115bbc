// Runner: the operators and scratch memory with which one call at a time runs the transformer.
#ifndef GEMMA4_LIB_TRANSFORMER_RUNNER_H_
#define GEMMA4_LIB_TRANSFORMER_RUNNER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/ops/row_source.h"
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

  // A pass is a row of stages: the embeddings, each block of each layer, the LM head slice by
  // slice. Between two of them a sequence's rows may be set aside. This is the next one of
  // `sequence`.
  static size_t StageOf(const ChunkSequence& sequence) {
    return sequence.in_flight != nullptr ? sequence.in_flight->stage_ : 0;
  }

  // As Transformer::RunUntil(), but advances no cache, and sets the rows aside before the stage
  // `end`, too. REQUIRES: all sequences are at the same stage, before `end`.
  StatusOr<bool> Run(std::span<const ChunkSequence> chunk, size_t end,
                     const ForwardOptions& options);

 private:
  Runner(ModelWeights& weights, const TransformerOptions& options, Activations activations);

  Status MakeHead(ModelWeights& weights, const PackingOptions& packing);
  Status Embed();
  Status ComputePerLayerInputs();
  Status MixPerLayerInputs(Linear& projection, const RowSource& embeddings,
                           std::span<const int32_t> ids, size_t first_layer, size_t num_layers,
                           float* out);
  // Floats of a sequence that are alive between stages, when `stage` comes next.
  struct LiveFloats {
    size_t hidden;
    size_t ple_early;
    size_t ple_late;
  };
  LiveFloats LiveOf(const ChunkSequence& sequence, size_t stage) const;
  void SetAside(std::span<const ChunkSequence> chunk, size_t stage);
  void TakeUp(std::span<const ChunkSequence> chunk, size_t stage);

  bool HasNarrowed(size_t stage) const;
  Status RunStage(size_t stage, std::span<const ChunkSequence> chunk,
                  const ForwardOptions& options);
  Status RunLayerBlock(size_t layer, LayerBlock block, const ForwardOptions& options);
  void RunFinalNorm();
  void WriteHidden(std::span<const ChunkSequence> chunk, const ForwardOptions& options);
  Status RunHeadSlice(size_t slice, std::span<const ChunkSequence> chunk);

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
  std::vector<Linear> head_;  // slices of head_slice_rows_ rows of the vocabulary
  size_t head_slice_rows_ = 0;
  bool has_logits_ = false;  // of the running chunk somebody reads them
  std::vector<DecoderLayer> layers_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_RUNNER_H_
