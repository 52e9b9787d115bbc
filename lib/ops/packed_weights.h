// PackedWeights: the memory in which XNNPACK lays out weights, shared by every operator made of
// them. It is XNNPACK's weights-cache provider: an operator created for weights that are already
// packed reads no weight bytes at all.
#ifndef GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_
#define GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"

struct xnn_weights_cache_provider;

namespace gemma4 {

// One per model, alive as long as any operator made with it. Operators may be made from several
// threads: Access serialises them.
class PackedWeights {
 public:
  PackedWeights();
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  // Takes weights that were packed here: the first `size_bytes` of `memory`, which is larger by
  // XNNPACK's XNN_EXTRA_BYTES.
  void Own(size_t id, AnonymousMemory memory, size_t size_bytes);

  // Takes weights that were packed earlier, on this kind of CPU, and lie in memory that outlives
  // this object, followed by as many readable bytes.
  void Adopt(size_t id, std::span<const std::byte> packed);

  // The packed weights of `id`. REQUIRES: Contains(id).
  std::span<const std::byte> Bytes(size_t id) const;

  // Frees them. REQUIRES: no operator was made of them that still lives.
  void Drop(size_t id);

  // At least `count` ones: XNNPACK looks at scales even where it finds packed weights. Valid until
  // the next call that asks for more; the largest layers of a model are made before any second
  // thread makes operators.
  const uint16_t* Bf16Ones(size_t count);
  const float* Ones(size_t count);

  // True if the weights of `id` are packed: creating an operator for them needs no source.
  bool Contains(size_t id) const;
  // Of those that were packed here.
  size_t size_bytes() const;

  // The right to create one operator for the weights `id`, from the output row on that begins at
  // offset_bytes. XNNPACK's own key (the address of the unpacked weights) is ignored: they are
  // gone.
  class Access {
   public:
    Access(PackedWeights& weights, size_t id, size_t offset_bytes = 0);
    xnn_weights_cache_provider* provider() const;

   private:
    PackedWeights& weights_;
    std::unique_lock<std::mutex> lock_;
  };

 private:
  struct Provider;  // the C callbacks

  mutable std::mutex mutex_;
  size_t current_id_ = 0;  // of the running Access, as the next
  size_t current_offset_bytes_ = 0;
  // Packed here, in memory of its own, or adopted.
  struct Entry {
    AnonymousMemory memory;
    std::span<const std::byte> bytes;
  };
  std::map<size_t, Entry> packed_;
  std::vector<uint16_t> bf16_ones_;
  std::vector<float> ones_;
  std::unique_ptr<Provider> provider_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_PACKED_WEIGHTS_H_
