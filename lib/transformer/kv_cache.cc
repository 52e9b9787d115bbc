#include "lib/transformer/kv_cache.h"

#include <algorithm>
#include <utility>

namespace gemma4 {
namespace {

// Blocks of one layer's slab. A sliding ring holds what the first row of a chunk still sees when
// the last row has been stored; one block more, because neither end falls on a block's border.
size_t NumBlocks(const ModelConfig& config, const LayerConfig& layer, size_t max_context_tokens,
                 size_t max_chunk_tokens) {
  const size_t all = (max_context_tokens + kKeyBlock - 1) / kKeyBlock;
  if (layer.kind == LayerKind::kFull) return all;
  const size_t ring = config.sliding_window - 1 + max_chunk_tokens;
  return std::min(all, (ring + kKeyBlock - 1) / kKeyBlock + 1);
}

}  // namespace

size_t KvCache::SizeBytes(const ModelConfig& config, size_t max_context_tokens,
                          size_t max_chunk_tokens, KvType type) {
  size_t total = 0;
  for (size_t l = 0; l < config.num_layers(); ++l) {
    if (!config.OwnsKv(l)) continue;
    const LayerConfig& layer = config.layers[l];
    const size_t blocks = NumBlocks(config, layer, max_context_tokens, max_chunk_tokens);
    total += KvSlabSizeBytes(type, blocks, layer.num_key_value_heads, layer.head_dim);
  }
  return total;
}

StatusOr<KvCache> KvCache::Create(const ModelConfig& config, size_t max_context_tokens,
                                  size_t max_chunk_tokens, KvType type) {
  KvCache cache;
  cache.type_ = type;
  cache.max_context_tokens_ = max_context_tokens;
  cache.max_chunk_tokens_ = max_chunk_tokens;
  cache.slabs_.resize(config.num_layers());
  for (size_t l = 0; l < config.num_layers(); ++l) {
    if (!config.OwnsKv(l)) continue;
    const LayerConfig& layer = config.layers[l];
    const size_t blocks = NumBlocks(config, layer, max_context_tokens, max_chunk_tokens);
    const size_t size_bytes =
        KvSlabSizeBytes(type, blocks, layer.num_key_value_heads, layer.head_dim);
    Slab& slab = cache.slabs_[l];
    GEMMA4_ASSIGN_OR_RETURN(slab.memory, AnonymousMemory::Reserve(size_bytes, "KV cache"));
    slab.window = layer.kind == LayerKind::kSliding ? config.sliding_window : 0;
    slab.view =
        MakeKvSlab(type, blocks, layer.num_key_value_heads, layer.head_dim, slab.memory.data());
  }
  return cache;
}

size_t KvCache::Slab::FirstSeen(size_t num_tokens) const {
  return window > 0 && num_tokens >= window ? num_tokens + 1 - window : 0;
}

void KvCache::CopyFrom(const KvCache& other) {
  for (size_t l = 0; l < slabs_.size(); ++l) {
    const KvSlab& from = other.slabs_[l].view;
    if (from.num_blocks == 0) continue;
    // A ring is copied with all that a rewind may need.
    const size_t written = (other.num_written_ + kKeyBlock - 1) / kKeyBlock;
    for (size_t block = 0; block < std::min(written, from.num_blocks); ++block) {
      const auto source = KvBlockPieces(from, block), target = KvBlockPieces(slabs_[l].view, block);
      for (size_t i = 0; i < source.size(); ++i) {
        std::copy(source[i].begin(), source[i].end(), target[i].begin());
      }
    }
  }
  num_tokens_ = other.num_tokens_;
  num_written_ = other.num_written_;
  missing_before_ = other.missing_before_;
}

void KvCache::Adopt(size_t num_tokens) {
  num_tokens_ = num_written_ = num_tokens;
  for (const Slab& slab : slabs_) {
    const size_t begin = slab.FirstSeen(num_tokens) / kKeyBlock * kKeyBlock;
    if (slab.view.num_blocks > 0) missing_before_ = std::max(missing_before_, begin);
  }
}

bool KvCache::Rewind(size_t num_tokens) {
  for (const Slab& slab : slabs_) {
    if (slab.window == 0 || num_tokens == 0) continue;
    // Position p's place was taken by p + ring if that was written.
    const size_t ring = slab.view.num_blocks * kKeyBlock;
    const size_t taken_before = num_written_ - std::min(num_written_, ring);
    if (slab.FirstSeen(num_tokens) < std::max(taken_before, missing_before_)) return false;
  }
  num_tokens_ = num_tokens;
  if (num_tokens == 0) Reset();
  return true;
}

uint64_t KvCache::ReadBytes(const ModelConfig& config, KvType type, size_t position) {
  uint64_t total = 0;
  for (const LayerConfig& layer : config.layers) {
    const size_t seen = layer.kind == LayerKind::kSliding
                            ? std::min(position + 1, config.sliding_window)
                            : position + 1;
    total += uint64_t{seen} *
             (KvSlabSizeBytes(type, 1, layer.num_key_value_heads, layer.head_dim) / kKeyBlock);
  }
  return total;
}

}  // namespace gemma4
