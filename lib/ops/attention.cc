#include "lib/ops/attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "lib/ops/attention_kernels.h"

namespace gemma4 {
namespace {

// The merge of one query's spans, in order: out holds the weighted sum so far.
struct RunningSoftmax {
  float max = -HUGE_VALF;
  float sum = 0.0f;

  void Add(float span_max, float span_sum, const float* span_values, size_t head_dim, float* out) {
    if (span_sum == 0.0f) return;  // sees nothing of the span
    if (sum == 0.0f) {
      std::memcpy(out, span_values, head_dim * sizeof(float));
      max = span_max;
      sum = span_sum;
      return;
    }
    const float new_max = std::max(max, span_max);
    const float old_scale = std::exp(max - new_max);
    const float span_scale = std::exp(span_max - new_max);
    ScaleAdd(out, old_scale, span_values, span_scale, head_dim);
    sum = sum * old_scale + span_sum * span_scale;
    max = new_max;
  }

  void Finish(size_t head_dim, float* out) const {
    const float inverse = 1.0f / sum;
    for (size_t i = 0; i < head_dim; ++i) out[i] *= inverse;
  }
};

// Cuts rows x heads into tiles. `visit` is called with each; tiles never mix slabs or KV heads.
template <typename Visit>
void ForEachTile(std::span<const AttentionRow> rows, const float* queries, size_t num_heads,
                 size_t window, float* out, Visit visit) {
  const size_t head_dim = rows[0].slab->head_dim;
  const size_t num_kv_heads = rows[0].slab->num_kv_heads;
  const size_t group = num_heads / num_kv_heads;
  for (size_t first = 0; first < rows.size();) {
    size_t last = first + 1;
    while (last < rows.size() && rows[last].slab == rows[first].slab) ++last;
    const size_t num_queries = (last - first) * group;  // of each KV head
    for (size_t kv_head = 0; kv_head < num_kv_heads; ++kv_head) {
      for (size_t q0 = 0; q0 < num_queries; q0 += kTileQueries) {
        AttentionTile tile = {};
        tile.slab = rows[first].slab;
        tile.kv_head = kv_head;
        tile.num_queries = std::min(kTileQueries, num_queries - q0);
        tile.min_begin = SIZE_MAX;
        for (size_t q = 0; q < tile.num_queries; ++q) {
          const size_t r = first + (q0 + q) / group;
          const size_t offset = (r * num_heads + kv_head * group + (q0 + q) % group) * head_dim;
          tile.query[q] = queries + offset;
          tile.out[q] = out + offset;
          tile.end[q] = rows[r].position + 1;
          tile.begin[q] = window == 0 || tile.end[q] <= window ? 0 : tile.end[q] - window;
          tile.min_begin = std::min(tile.min_begin, tile.begin[q]);
          tile.max_end = std::max(tile.max_end, tile.end[q]);
        }
        visit(tile);
      }
    }
    first = last;
  }
}

size_t SpanFloats(size_t head_dim) {
  return sizeof(SpanResult) / sizeof(float) + kTileQueries * head_dim;
}

// Tiles below which threads share spans instead: two tiles a thread still balance.
size_t FewTiles(size_t num_threads) { return 2 * num_threads; }

}  // namespace

StatusOr<AttentionScratch> AttentionScratch::Create(const AttentionLimits& limits) {
  AttentionScratch scratch;
  scratch.max_tiles_ = limits.max_rows * limits.max_heads;
  GEMMA4_ASSIGN_OR_RETURN(
      scratch.tiles_,
      AnonymousMemory::Reserve(scratch.max_tiles_ * sizeof(AttentionTile), "attention tiles"));
  const size_t num_spans = limits.max_context_tokens / kKeySpan + 2;
  GEMMA4_ASSIGN_OR_RETURN(
      scratch.spans_, AnonymousMemory::Reserve(FewTiles(limits.num_threads) * num_spans *
                                                   SpanFloats(limits.max_head_dim) * sizeof(float),
                                               "attention spans"));
  return scratch;
}

void Attention(std::span<const AttentionRow> rows, const float* queries, size_t num_heads,
               size_t window, float* out, AttentionScratch& scratch, ThreadPool& pool) {
  if (rows.empty()) return;
  const size_t head_dim = rows[0].slab->head_dim;
  assert(head_dim <= kMaxAttentionHeadDim && num_heads % rows[0].slab->num_kv_heads == 0);

  size_t num_tiles = 0;
  size_t num_spans = 0;
  AttentionTile* tile_list = scratch.tiles();
  ForEachTile(rows, queries, num_heads, window, out, [&](const AttentionTile& tile) {
    assert(num_tiles < scratch.max_tiles());
    tile_list[num_tiles++] = tile;
    num_spans += tile.num_spans();
  });
  const std::span<const AttentionTile> tiles(tile_list, num_tiles);

  const size_t span_floats = SpanFloats(head_dim);
  if (num_tiles >= FewTiles(pool.num_threads())) {
    pool.ParallelFor(tiles.size(), [&](size_t t) {
      const AttentionTile& tile = tiles[t];
      SpanResult result;
      alignas(64) float values[kTileQueries * kMaxAttentionHeadDim];
      RunningSoftmax running[kTileQueries];
      for (size_t s = 0; s < tile.num_spans(); ++s) {
        AttendSpan(tile, tile.first_span() + s, &result, values);
        for (size_t q = 0; q < tile.num_queries; ++q) {
          running[q].Add(result.max[q], result.sum[q], values + q * head_dim, head_dim,
                         tile.out[q]);
        }
      }
      for (size_t q = 0; q < tile.num_queries; ++q) running[q].Finish(head_dim, tile.out[q]);
    });
    return;
  }

  // Few queries: threads share the spans, whose results wait in the scratch memory.
  pool.ParallelFor(num_spans, [&](size_t task) {
    float* slot = scratch.spans() + task * span_floats;
    size_t t = 0;
    while (task >= tiles[t].num_spans()) task -= tiles[t++].num_spans();
    AttendSpan(tiles[t], tiles[t].first_span() + task, reinterpret_cast<SpanResult*>(slot),
               slot + sizeof(SpanResult) / sizeof(float));
  });
  const float* slot = scratch.spans();
  for (const AttentionTile& tile : tiles) {
    RunningSoftmax running[kTileQueries];
    for (size_t s = 0; s < tile.num_spans(); ++s, slot += span_floats) {
      const SpanResult& result = *reinterpret_cast<const SpanResult*>(slot);
      const float* values = slot + sizeof(SpanResult) / sizeof(float);
      for (size_t q = 0; q < tile.num_queries; ++q) {
        running[q].Add(result.max[q], result.sum[q], values + q * head_dim, head_dim, tile.out[q]);
      }
    }
    for (size_t q = 0; q < tile.num_queries; ++q) running[q].Finish(head_dim, tile.out[q]);
  }
}

}  // namespace gemma4
