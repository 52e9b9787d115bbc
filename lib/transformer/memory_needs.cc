#include "lib/transformer/memory_needs.h"

#include "lib/transformer/activations.h"
#include "lib/transformer/model_weights.h"

namespace gemma4 {

StatusOr<uint64_t> PackedWeightsBytes(const Checkpoint& checkpoint, Arithmetic arithmetic) {
  const ModelWeights weights(checkpoint, arithmetic, GridCheck{.max_rows = 2});
  uint64_t total = 0;
  for (const LinearSource* source : weights.AllLinears()) {
    GEMMA4_ASSIGN_OR_RETURN(
        const size_t size_bytes,
        PackedSizeBytes(source->format, source->in_features, source->out_features));
    total += size_bytes;
  }
  return total;
}

uint64_t ScratchBytes(const ModelConfig& config, size_t max_chunk_tokens) {
  return Activations::SizeBytes(config, max_chunk_tokens);
}

}  // namespace gemma4
