// The inner loops of attention: one tile of queries against one span of keys.
#ifndef GEMMA4_LIB_OPS_ATTENTION_KERNELS_H_
#define GEMMA4_LIB_OPS_ATTENTION_KERNELS_H_

#include <cstddef>

#include "lib/ops/attention.h"

namespace gemma4 {

// Queries that share one pass over the keys and values: (row, head) pairs of one sequence and one
// KV head.
inline constexpr size_t kTileQueries = 16;

struct AttentionTile {
  const KvSlab* slab;
  size_t kv_head;
  size_t num_queries;
  const float* query[kTileQueries];  // [head_dim] each
  float* out[kTileQueries];          // [head_dim] each
  size_t begin[kTileQueries];        // positions seen: [begin, end)
  size_t end[kTileQueries];
  size_t min_begin;
  size_t max_end;

  size_t first_span() const { return min_begin / kKeySpan; }
  size_t num_spans() const { return (max_end - 1) / kKeySpan + 1 - first_span(); }
};

// What one span contributes to each query of a tile, beside its weighted values.
struct SpanResult {
  float max[kTileQueries];  // -inf where the query sees nothing of the span
  float sum[kTileQueries];  // of exp(score - max); 0 where it sees nothing
};

// Attends `tile` to positions [span * kKeySpan, (span + 1) * kKeySpan) alone. values:
// [kTileQueries, head_dim] receives sum_j exp(score_j - max) v_j.
void AttendSpan(const AttentionTile& tile, size_t span, SpanResult* result, float* values);

// total[i] = total[i] * a + span[i] * b.
void ScaleAdd(float* total, float a, const float* span, float b, size_t size);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ATTENTION_KERNELS_H_
