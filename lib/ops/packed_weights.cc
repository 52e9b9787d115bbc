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
    self->reserved_bytes_ = size_bytes;
    if (self->before_packing_) self->before_packing_();
    return self->reserved_.data();
  }
  static size_t LookUpOrInsert(void* context, const xnn_weights_cache_look_up_key*, void*, size_t) {
    PackedWeights* self = Self(context);
    Entry& entry = self->packed_[self->current_id_];
    entry.memory = std::move(self->reserved_);
    entry.bytes = {entry.memory.data(), self->reserved_bytes_};
    return self->current_id_;
  }
  // XNNPACK asks before it runs an operator whether addresses are final. Ours always are.
  static bool IsFinalized(void*) { return true; }
  static void* OffsetToAddress(void* context, size_t offset) {
    // Not locked: called while operators run, when entries no longer change, and by create inside
    // an Access, which holds the lock.
    // XNNPACK only reads what it gets here.
    return const_cast<std::byte*>(Self(context)->packed_.find(offset)->second.bytes.data());
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

void PackedWeights::Adopt(size_t id, std::span<const std::byte> packed) {
  std::lock_guard<std::mutex> lock(mutex_);
  packed_[id] = Entry{AnonymousMemory(), packed};
}

std::span<const std::byte> PackedWeights::Bytes(size_t id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return packed_.at(id).bytes;
}

void PackedWeights::Drop(size_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  packed_.erase(id);
}

const uint16_t* PackedWeights::Bf16Ones(size_t count) {
  constexpr uint16_t kOne = 0x3f80;
  std::lock_guard<std::mutex> lock(mutex_);
  if (bf16_ones_.size() < count) bf16_ones_.assign(count, kOne);
  return bf16_ones_.data();
}

const float* PackedWeights::Ones(size_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ones_.size() < count) ones_.assign(count, 1.0f);
  return ones_.data();
}

bool PackedWeights::Contains(size_t id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return packed_.count(id) != 0;
}

size_t PackedWeights::size_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t total = 0;
  for (const auto& [id, entry] : packed_) total += entry.memory.size_bytes();
  return total;
}

PackedWeights::Access::Access(PackedWeights& weights, size_t id,
                              std::function<void()> before_packing)
    : weights_(weights), lock_(weights.mutex_) {
  weights_.current_id_ = id;
  weights_.before_packing_ = std::move(before_packing);
}

PackedWeights::Access::~Access() {
  weights_.reserved_ = AnonymousMemory();
  weights_.before_packing_ = nullptr;
}

xnn_weights_cache_provider* PackedWeights::Access::provider() const {
  return &weights_.provider_->callbacks;
}

SizeProbe::SizeProbe() : provider_(std::make_unique<xnn_weights_cache_provider>()) {
  *provider_ = {
      .context = this,
      .look_up = [](void*, const xnn_weights_cache_look_up_key*) { return size_t{SIZE_MAX}; },
      .reserve_space = [](void* context, size_t size_bytes) -> void* {
        static_cast<SizeProbe*>(context)->size_bytes_ = size_bytes;
        return nullptr;
      },
      .look_up_or_insert = [](void*, const xnn_weights_cache_look_up_key*, void*,
                              size_t) { return size_t{SIZE_MAX}; },
      .is_finalized = [](void*) { return false; },
      .offset_to_addr = [](void*, size_t) -> void* { return nullptr; },
      .delete_cache = [](void*) { return xnn_status_success; },
  };
}

SizeProbe::~SizeProbe() = default;

xnn_weights_cache_provider* SizeProbe::provider() const { return provider_.get(); }

}  // namespace gemma4
