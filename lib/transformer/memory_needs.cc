#include "lib/transformer/memory_needs.h"

#include "lib/transformer/activations.h"
#include "lib/transformer/model_weights.h"

namespace gemma4 {

StatusOr<uint64_t> PackedWeightsBytes(const Checkpoint& checkpoint, Arithmetic arithmetic) {
  return ModelWeights(checkpoint, arithmetic, GridCheck{.max_rows = 2}).AllPackedBytes();
}

uint64_t ScratchBytes(const Checkpoint& checkpoint, size_t max_chunk_tokens,
                      Arithmetic arithmetic) {
  if (checkpoint.packed()) {
    arithmetic = static_cast<Arithmetic>(checkpoint.packed()->key.arithmetic);
  }
  return Activations::SizeBytes(checkpoint.config(), max_chunk_tokens,
                                arithmetic == Arithmetic::kExact);
}

}  // namespace gemma4
