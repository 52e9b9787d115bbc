// PackedWeights: the memory in which XNNPACK lays out weights, shared by every operator made of
// them. It is XNNPACK's weights-cache provider: an operator created for weights that are already
// packed reads no weight bytes at all.
#ifndef GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_
#define GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"

struct xnn_weights_cache_provider;

namespace gemma4 {

// One per model, alive as long as any operator made with it. Operators may be made from several
// threads: Session serialises them.
class PackedWeights {
 public:
  PackedWeights();
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  // True if the weights of `id` are packed: creating an operator for them needs no source.
  bool Contains(size_t id) const;
  size_t size_bytes() const;

  // The right to create one operator for the weights `id`. XNNPACK's own key (the address of the
  // unpacked weights) is ignored: the unpacked weights are a passing buffer.
  class Session {
   public:
    // before_packing, if given, runs between XNNPACK's checks of the unpacked weights and their
    // packing; it does not run when the weights are packed already.
    Session(PackedWeights& weights, size_t id, std::function<void()> before_packing = nullptr);
    ~Session();
    xnn_weights_cache_provider* provider() const;

   private:
    PackedWeights& weights_;
    std::unique_lock<std::mutex> lock_;
  };

 private:
  struct Provider;  // the C callbacks

  mutable std::mutex mutex_;
  size_t current_id_ = 0;                 // of the running Session
  std::function<void()> before_packing_;  // of the running Session
  AnonymousMemory reserved_;
  std::map<size_t, AnonymousMemory> packed_;
  std::unique_ptr<Provider> provider_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_
