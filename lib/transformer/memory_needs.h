// How much memory a model and its sessions take, known before anything is loaded.
#ifndef GEMMA4_LIB_TRANSFORMER_MEMORY_NEEDS_H_
#define GEMMA4_LIB_TRANSFORMER_MEMORY_NEEDS_H_

#include <cstddef>
#include <cstdint>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/transformer/arithmetic.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

// Bytes that the linear layers take when they are packed. From headers: of weights that may lie on
// the int4 grid only the first rows are looked at.
StatusOr<uint64_t> PackedWeightsBytes(const Checkpoint& checkpoint, Arithmetic arithmetic);

// Scratch memory of one forward pass at a time of up to max_chunk_tokens rows.
uint64_t ScratchBytes(const Checkpoint& checkpoint, size_t max_chunk_tokens, Arithmetic arithmetic);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_MEMORY_NEEDS_H_
