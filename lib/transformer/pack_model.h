// Packs a checkpoint's linear layers into a file, one at a time.
#ifndef GEMMA4_LIB_TRANSFORMER_PACK_MODEL_H_
#define GEMMA4_LIB_TRANSFORMER_PACK_MODEL_H_

#include <cstdint>
#include <functional>
#include <string>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/packed/packed_linear.h"
#include "lib/transformer/arithmetic.h"

namespace gemma4 {

struct PackOptions {
  Arithmetic arithmetic = Arithmetic::kAuto;
  ThreadPool* thread_pool = nullptr;   // null: the calling thread does it all
  const CancelFlag* cancel = nullptr;  // looked at between pieces of a few megabytes
  std::function<int(uint64_t done_bytes, uint64_t total_bytes)> progress;  // non-zero: kStopped
  // True: the whole model, so that the file stands for the checkpoint. False: linear layers only.
  bool whole_model = true;
};

// The same for one checkpoint however it is loaded (from files, memory or a packed file): names,
// shapes and samples of its tensors.
uint64_t SampleHash(const Checkpoint& checkpoint);

// Of the checkpoint's tensors: names, shapes and samples of their bytes.
uint64_t ContentHash(const Checkpoint& checkpoint);

// The key of what would be packed from `checkpoint` on this machine.
StatusOr<PackedKey> PackedKeyOf(const Checkpoint& checkpoint, Arithmetic arithmetic);

// Writes `path`, or nothing: it appears whole and synced, replacing what was there. In memory is
// never more than one layer, stored and packed; the checkpoint's own pages are given back as they
// have been read.
Status PackModel(const Checkpoint& checkpoint, const std::string& path, const PackOptions& options);

// kUnsupported if `packed` is not for this machine and library build, or was packed for another
// arithmetic than `wanted` (kAuto takes any).
Status CheckPackedKey(const PackedKey& packed, Arithmetic wanted);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_PACK_MODEL_H_
