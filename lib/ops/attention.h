// Attention over cached keys and values, for prefill chunks and decode alike.
//
// XNNPACK's batch operators would repack K and V at every step; this reads the cache as it lies.
// The arithmetic of one query (a row's head) is fixed by its position alone, whatever other rows
// and however many threads take part: keys are taken in spans of kKeySpan aligned to absolute
// positions; a span's scores, their maximum, its exponentials and its sum of values are computed
// from nothing; the spans are then merged in order.
#ifndef GEMMA4_LIB_OPS_ATTENTION_H_
#define GEMMA4_LIB_OPS_ATTENTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"

namespace gemma4 {

inline constexpr size_t kKeyBlock = 32;               // positions laid out together
inline constexpr size_t kKeySpan = 512;               // positions under one running maximum
inline constexpr size_t kMaxAttentionHeadDim = 1024;  // bounds the kernels' stack buffers
static_assert(kKeySpan % kKeyBlock == 0);

// How cached keys and values are stored.
enum class KvType : uint8_t {
  kF32,
  kF16,
  kInt8,  // symmetric, one scale for each position and KV head
};

// One layer's cached keys and values of one sequence; memory of a KvCache.
// Position p lies in block (p / kKeyBlock) % num_blocks, at p % kKeyBlock.
struct KvSlab {
  KvType type = KvType::kF32;
  std::byte* keys = nullptr;      // [num_blocks, num_kv_heads, head_dim, kKeyBlock] of `type`
  std::byte* values = nullptr;    // [num_blocks, num_kv_heads, kKeyBlock, head_dim] of `type`
  float* key_scales = nullptr;    // [num_blocks, num_kv_heads, kKeyBlock], kInt8 only
  float* value_scales = nullptr;  // [num_blocks, num_kv_heads, kKeyBlock], kInt8 only
  size_t num_blocks = 0;
  size_t num_kv_heads = 0;
  size_t head_dim = 0;
};

// The memory of a slab of this geometry, and a slab that lies in such memory (aligned to 64).
size_t KvSlabSizeBytes(KvType type, size_t num_blocks, size_t num_kv_heads, size_t head_dim);
KvSlab MakeKvSlab(KvType type, size_t num_blocks, size_t num_kv_heads, size_t head_dim,
                  std::byte* memory);

// The memory of one block, by its absolute number: keys, values, and of kInt8 their scales.
std::array<std::span<std::byte>, 4> KvBlockPieces(const KvSlab& slab, size_t block);

// Stores rows at positions first_position, first_position + 1, ...
// keys (after norm and RoPE), values (after norm): [num_rows, num_kv_heads, head_dim].
void StoreKeysValues(const KvSlab& slab, size_t first_position, const float* keys,
                     const float* values, size_t num_rows, ThreadPool& pool);

// One row of queries: it sees positions max(0, position - window + 1) ... position of `slab`.
struct AttentionRow {
  const KvSlab* slab = nullptr;
  size_t position = 0;
};

struct AttentionTile;

// The largest call an AttentionScratch has room for.
struct AttentionLimits {
  size_t num_threads = 1;
  size_t max_rows = 0;
  size_t max_heads = 0;
  size_t max_head_dim = 0;
  size_t max_context_tokens = 0;
};

// Memory that one call of Attention works in: its list of tiles and, when few queries meet a long
// context so that threads share spans, the spans' results. Reserved once; one call at a time.
class AttentionScratch {
 public:
  static StatusOr<AttentionScratch> Create(const AttentionLimits& limits);

  AttentionTile* tiles() const { return reinterpret_cast<AttentionTile*>(tiles_.data()); }
  size_t max_tiles() const { return max_tiles_; }
  float* spans() const { return reinterpret_cast<float*>(spans_.data()); }

 private:
  AnonymousMemory tiles_;
  AnonymousMemory spans_;
  size_t max_tiles_ = 0;
};

// out[r, h, :] = sum_j softmax_j(queries[r, h, :] . k_j) v_j over the positions that row r sees.
// The scale is exactly 1. Query head h reads KV head h / (num_heads / num_kv_heads).
// queries, out: [rows.size(), num_heads, head_dim], not overlapping. window 0: no limit.
// All slabs have the same head_dim and num_kv_heads.
// Source: eager_attention_forward with scaling 1.0, modeling_gemma4.py.
void Attention(std::span<const AttentionRow> rows, const float* queries, size_t num_heads,
               size_t window, float* out, AttentionScratch& scratch, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ATTENTION_H_
