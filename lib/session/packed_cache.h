// Packed weights in a cache folder: made at the first load of a checkpoint, mapped by later ones.
#ifndef GEMMA4_LIB_SESSION_PACKED_CACHE_H_
#define GEMMA4_LIB_SESSION_PACKED_CACHE_H_

#include <string>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/transformer/pack_model.h"

namespace gemma4 {

// Attaches the packed weights of `checkpoint` that lie in `folder`. If there are none, or they are
// stale (the checkpoint, this library or the CPU changed) or damaged, packs them first. Several
// processes may do so at once: each writes a file of its own, and the last one stays.
// kIo names the folder if it cannot be written.
Status AttachCachedWeights(const std::string& folder, const PackOptions& options,
                           Checkpoint& checkpoint);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_PACKED_CACHE_H_
