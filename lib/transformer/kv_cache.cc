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

// Floats of the keys of a slab, and again of its values.
size_t NumFloats(const LayerConfig& layer, size_t num_blocks) {
  return num_blocks * kKeyBlock * layer.num_key_value_heads * layer.head_dim;
}

}  // namespace

size_t KvCache::SizeBytes(const ModelConfig& config, size_t max_context_tokens,
                          size_t max_chunk_tokens) {
  size_t total = 0;
  for (size_t l = 0; l < config.num_layers(); ++l) {
    if (!config.OwnsKv(l)) continue;
    const LayerConfig& layer = config.layers[l];
    const size_t blocks = NumBlocks(config, layer, max_context_tokens, max_chunk_tokens);
    total += 2 * NumFloats(layer, blocks) * sizeof(float);
  }
  return total;
}

StatusOr<KvCache> KvCache::Create(const ModelConfig& config, size_t max_context_tokens,
                                  size_t max_chunk_tokens) {
  KvCache cache;
  cache.max_context_tokens_ = max_context_tokens;
  cache.max_chunk_tokens_ = max_chunk_tokens;
  cache.slabs_.resize(config.num_layers());
  for (size_t l = 0; l < config.num_layers(); ++l) {
    if (!config.OwnsKv(l)) continue;
    const LayerConfig& layer = config.layers[l];
    const size_t blocks = NumBlocks(config, layer, max_context_tokens, max_chunk_tokens);
    const size_t num_floats = NumFloats(layer, blocks);
    Slab& slab = cache.slabs_[l];
    GEMMA4_ASSIGN_OR_RETURN(
        slab.memory, AnonymousMemory::Reserve(2 * num_floats * sizeof(float), "KV cache"));
    float* keys = reinterpret_cast<float*>(slab.memory.data());
    slab.view = {.keys = keys,
                 .values = keys + num_floats,
                 .num_blocks = blocks,
                 .num_kv_heads = layer.num_key_value_heads,
                 .head_dim = layer.head_dim};
  }
  return cache;
}

}  // namespace gemma4
