#include "lib/ops/packed_weights.h"

#include <xnnpack.h>

#include <memory>
#include <utility>

namespace gemma4 {

struct PackedWeights::Provider {
  xnn_weights_cache_provider callbacks;

  static PackedWeights* Self(void* context) { return static_cast<PackedWeights*>(context); }

  // An "offset" is an address: entries are separate mappings, not one buffer. Called by create
  // inside an Access, which holds the lock.
  static size_t LookUp(void* context, const xnn_weights_cache_look_up_key*) {
    PackedWeights* self = Self(context);
    const auto found = self->packed_.find(self->current_id_);
    if (found == self->packed_.end()) return SIZE_MAX;
    return reinterpret_cast<uintptr_t>(found->second.bytes.data() + self->current_offset_bytes_);
  }
  // Nothing is packed through this cache (PackLinear): it has what is asked for, or fails.
  static void* ReserveSpace(void*, size_t) { return nullptr; }
  static size_t LookUpOrInsert(void*, const xnn_weights_cache_look_up_key*, void*, size_t) {
    return SIZE_MAX;
  }
  // XNNPACK asks before it runs an operator whether addresses are final. Ours always are.
  static bool IsFinalized(void*) { return true; }
  static void* OffsetToAddress(void*, size_t offset) { return reinterpret_cast<void*>(offset); }
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

void PackedWeights::Own(size_t id, AnonymousMemory memory, size_t size_bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::span<const std::byte> bytes(memory.data(), size_bytes);
  packed_[id] = Entry{std::move(memory), bytes};
}

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

PackedWeights::Access::Access(PackedWeights& weights, size_t id, size_t offset_bytes)
    : weights_(weights), lock_(weights.mutex_) {
  weights_.current_id_ = id;
  weights_.current_offset_bytes_ = offset_bytes;
}

xnn_weights_cache_provider* PackedWeights::Access::provider() const {
  return &weights_.provider_->callbacks;
}

}  // namespace gemma4
