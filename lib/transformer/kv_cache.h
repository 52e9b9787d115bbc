// Keys and values of one conversation's past tokens: one slab per layer that computes its own.
//
// The last `num_kv_shared_layers` layers compute none and read the slab of
// LayerConfig::kv_source. A sliding slab is a ring of at least `sliding_window - 1 + chunk`
// positions: a sharing layer runs later in the chunk than its donor, and its first row still sees
// keys that the last row's window has dropped. A full slab reserves address space for
// max_context_tokens and takes physical memory as it fills, so nothing moves and nothing allocates
// while tokens are made.
//
// Layout, chosen for lib/ops/attention.h: positions come in blocks of kKeyBlock, aligned to
// absolute positions; a ring is a whole number of blocks.
//   keys   [block][num_kv_heads][head_dim][kKeyBlock]   after norm and RoPE
//   values [block][num_kv_heads][kKeyBlock][head_dim]   after norm
// Both are stored as the cache's KvType.
// Not thread-safe; one KvCache per session.
#ifndef GEMMA4_LIB_TRANSFORMER_KV_CACHE_H_
#define GEMMA4_LIB_TRANSFORMER_KV_CACHE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/model/model_config.h"
#include "lib/ops/attention.h"

namespace gemma4 {

class KvCache {
 public:
  // Reserves every slab. kOutOfMemory names the bytes wanted.
  // max_chunk_tokens: the largest number of this conversation's rows in one forward pass.
  static StatusOr<KvCache> Create(const ModelConfig& config, size_t max_context_tokens,
                                  size_t max_chunk_tokens, KvType type);

  // Address space of the slabs: what the cache may come to.
  static size_t SizeBytes(const ModelConfig& config, size_t max_context_tokens,
                          size_t max_chunk_tokens, KvType type);

  KvCache() = default;
  KvCache(KvCache&&) = default;
  KvCache& operator=(KvCache&&) = default;

  // The slab that `layer` owns, for the attention operators. REQUIRES: the layer owns K/V.
  KvSlab slab(size_t layer) const { return slabs_[layer].view; }

  // Positions held, counted from the start of the conversation.
  size_t num_tokens() const { return num_tokens_; }
  size_t max_context_tokens() const { return max_context_tokens_; }
  size_t max_chunk_tokens() const { return max_chunk_tokens_; }

  // Rows [num_tokens, num_tokens + count) are about to be written, perhaps not all of them.
  void BeginRows(size_t count) { num_written_ = std::max(num_written_, num_tokens_ + count); }
  // They were, in every slab, and count from now on.
  void Advance(size_t count) { num_tokens_ += count; }

  // Keeps the first num_tokens positions, at most as many as are held. False, and nothing changed,
  // if a ring no longer holds what the next position sees.
  bool Rewind(size_t num_tokens);

  // Forgets everything; keeps the memory.
  void Reset() { num_tokens_ = num_written_ = missing_before_ = 0; }

  // Becomes what `other` is. REQUIRES: both were created with the same arguments.
  void CopyFrom(const KvCache& other);

  // For a cache's way to a file and back. Calls visit(std::span<std::byte>) for the pieces of
  // memory that hold all that rows after the first `num_tokens` will see: the same pieces, whatever
  // max_context_tokens and max_chunk_tokens are. visit returns false to stop, and so does this.
  // REQUIRES: num_tokens <= num_tokens() to read; to write, Reset() before and Adopt() after it.
  template <typename Visit>
  bool ForEachPiece(size_t num_tokens, Visit visit) const;
  // The pieces for num_tokens were written.
  void Adopt(size_t num_tokens);

  // Bytes of keys and values that a row at `position` reads, in all layers together.
  static uint64_t ReadBytes(const ModelConfig& config, KvType type, size_t position);

  KvType type() const { return type_; }

 private:
  struct Slab {
    AnonymousMemory memory;
    KvSlab view;
    size_t window = 0;  // 0: a full layer, or none of its own

    // The first position that a row at num_tokens sees.
    size_t FirstSeen(size_t num_tokens) const;
  };

  std::vector<Slab> slabs_;  // indexed by layer; empty where kv_source is another layer
  KvType type_ = KvType::kF32;
  size_t num_tokens_ = 0;
  size_t num_written_ = 0;     // no position from here on was ever written since Reset()
  size_t missing_before_ = 0;  // sliding layers never had the positions before this one
  size_t max_context_tokens_ = 0;
  size_t max_chunk_tokens_ = 0;
};

template <typename Visit>
bool KvCache::ForEachPiece(size_t num_tokens, Visit visit) const {
  for (const Slab& slab : slabs_) {
    if (slab.view.num_blocks == 0) continue;
    const size_t end = (num_tokens + kKeyBlock - 1) / kKeyBlock;
    for (size_t block = slab.FirstSeen(num_tokens) / kKeyBlock; block < end; ++block) {
      for (const std::span<std::byte> piece : KvBlockPieces(slab.view, block)) {
        if (!piece.empty() && !visit(piece)) return false;
      }
    }
  }
  return true;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_KV_CACHE_H_
