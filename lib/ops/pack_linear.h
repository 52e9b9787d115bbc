// Packing: a linear layer's stored weights into the layout that XNNPACK computes with.
#ifndef GEMMA4_LIB_OPS_PACK_LINEAR_H_
#define GEMMA4_LIB_OPS_PACK_LINEAR_H_

#include <cstddef>
#include <functional>
#include <span>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/ops/linear.h"
#include "lib/ops/packed_weights.h"

namespace gemma4 {

struct PackingOptions {
  ThreadPool* pool = nullptr;          // null: on the calling thread
  const CancelFlag* cancel = nullptr;  // looked at every million weights or so
  // Told, from any thread of the pool, of stored weights that were read for the last time.
  std::function<void(std::span<const std::byte>)> after_reading = nullptr;
};

// Puts the packed weights of `spec` into `packed`, which has none of that id. A layer is packed in
// slices of rows, which threads share: XNNPACK's layout is one tile of rows after another, so the
// bytes are those of packing it whole.
// kCorrupt names a tensor with a weight that is not a finite number.
Status PackLinear(LinearFormat format, const LinearSpec& spec, const PackingOptions& options,
                  PackedWeights& packed);

// Bytes that the packed weights of such a layer take on this CPU. FormatFor() was asked before.
StatusOr<size_t> PackedSizeBytes(LinearFormat format, size_t in_features, size_t out_features);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_PACK_LINEAR_H_
