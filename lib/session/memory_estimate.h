// What a model with one session will cost in memory.
#ifndef GEMMA4_LIB_SESSION_MEMORY_ESTIMATE_H_
#define GEMMA4_LIB_SESSION_MEMORY_ESTIMATE_H_

#include <cstdint>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

struct MemoryEstimate {
  uint64_t weights_mapped_bytes = 0;    // of files: address space, shared between processes
  uint64_t weights_resident_bytes = 0;  // packed weights, every one of which a token reads
  uint64_t kv_bytes = 0;                // at a full context
  uint64_t scratch_bytes = 0;           // activations, logits, tokenizer

  uint64_t resident_bytes() const { return weights_resident_bytes + kv_bytes + scratch_bytes; }
};

// Everything but sessions.
StatusOr<MemoryEstimate> EstimateModelMemory(const Checkpoint& checkpoint,
                                             const LoadOptions& options);

// What a session adds: keys and values, and logits.
uint64_t EstimateSessionMemory(const ModelConfig& config, size_t max_context_tokens,
                               size_t prefill_chunk_tokens, KvType kv_type);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_MEMORY_ESTIMATE_H_
