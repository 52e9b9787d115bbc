#include "lib/ops/packed_weights.h"

#include <xnnpack.h>

#include <memory>
#include <utility>

namespace gemma4 {

struct PackedWeights::Provider {
  xnn_weights_cache_provider callbacks;

  static PackedWeights* Self(void* context) { return static_cast<PackedWeights*>(context); }

  // An entry's "offset" is its id: entries are separate mappings, not one buffer.
  static size_t LookUp(void* context, const xnn_weights_cache_look_up_key*) {
    PackedWeights* self = Self(context);
    return self->packed_.count(self->current_id_) != 0 ? self->current_id_ : SIZE_MAX;
  }
  static void* ReserveSpace(void* context, size_t size_bytes) {
    PackedWeights* self = Self(context);
    // XNNPACK may read a little past the end of its packed weights.
    auto memory = AnonymousMemory::Reserve(size_bytes + XNN_EXTRA_BYTES, "packed weights");
    if (!memory.ok()) return nullptr;
    self->reserved_ = std::move(memory).value();
    if (self->before_packing_) self->before_packing_();
    return self->reserved_.data();
  }
  static size_t LookUpOrInsert(void* context, const xnn_weights_cache_look_up_key*, void*, size_t) {
    PackedWeights* self = Self(context);
    self->packed_[self->current_id_] = std::move(self->reserved_);
    return self->current_id_;
  }
  // XNNPACK asks before it runs an operator whether addresses are final. Ours always are.
  static bool IsFinalized(void*) { return true; }
  static void* OffsetToAddress(void* context, size_t offset) {
    // Not locked: called while operators run, when entries no longer change, and by create inside
    // a Session, which holds the lock.
    return Self(context)->packed_.find(offset)->second.data();
  }
  static xnn_status DeleteCache(void*) { return xnn_status_success; }
};

PackedWeights::PackedWeights() : provider_(std::make_unique<Provider>()) {
  provider_->callbacks = {
      .context = this,
      .look_up = Provider::LookUp,
      .reserve_space = Provider::ReserveSpace,
      .look_up_or_insert = Provider::LookUpOrInsert,
      .is_finalized = Provider::IsFinalized,
      .offset_to_addr = Provider::OffsetToAddress,
      .delete_cache = Provider::DeleteCache,
  };
}

PackedWeights::~PackedWeights() = default;

bool PackedWeights::Contains(size_t id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return packed_.count(id) != 0;
}

size_t PackedWeights::size_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t total = 0;
  for (const auto& [id, memory] : packed_) total += memory.size_bytes();
  return total;
}

PackedWeights::Session::Session(PackedWeights& weights, size_t id,
                                std::function<void()> before_packing)
    : weights_(weights), lock_(weights.mutex_) {
  weights_.current_id_ = id;
  weights_.before_packing_ = std::move(before_packing);
}

PackedWeights::Session::~Session() {
  weights_.reserved_ = AnonymousMemory();
  weights_.before_packing_ = nullptr;
}

xnn_weights_cache_provider* PackedWeights::Session::provider() const {
  return &weights_.provider_->callbacks;
}

}  // namespace gemma4
