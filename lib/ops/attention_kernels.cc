#include "lib/ops/attention_kernels.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "lib/ops/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/attention_kernels.cc"
// foreach_target.h comes first: it includes this file once for each target.
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "hwy/contrib/math/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gemma4 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// As many stored values as d has lanes, as f32. int8 values are left unscaled.
template <class D>
hn::Vec<D> LoadF32(D d, const float* values) {
  return hn::LoadU(d, values);
}
template <class D>
hn::Vec<D> LoadF32(D d, const hwy::float16_t* values) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<hwy::float16_t, D>(), values));
}
template <class D>
hn::Vec<D> LoadF32(D d, const int8_t* values) {
  const hn::Rebind<int32_t, D> d32;
  return hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(hn::Rebind<int8_t, D>(), values)));
}

// scores[q, j] = query[q] . key_j for the kKeyBlock keys of a block; keys: [head_dim, kKeyBlock].
// Every score is one chain of multiply-adds over head_dim, so its bits do not depend on the
// vector length or on its neighbours. `next` is the block that will be read after this one: its
// lines are asked for while this one is computed with, or memory and arithmetic would take turns.
template <size_t kQueries, typename T>
void ScoreBlock(const float* const* queries, const T* keys, const T* next, size_t head_dim,
                float* scores, size_t scores_stride) {
  const hn::CappedTag<float, kKeyBlock> d;
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + 2 * lanes <= kKeyBlock; j += 2 * lanes) {
    hn::Vec<decltype(d)> sum0[kQueries], sum1[kQueries];
    for (size_t q = 0; q < kQueries; ++q) sum0[q] = sum1[q] = hn::Zero(d);
    for (size_t i = 0; i < head_dim; ++i) {
      hwy::Prefetch(next + i * kKeyBlock + j);
      const auto key0 = LoadF32(d, keys + i * kKeyBlock + j);
      const auto key1 = LoadF32(d, keys + i * kKeyBlock + j + lanes);
      for (size_t q = 0; q < kQueries; ++q) {
        const auto query = hn::Set(d, queries[q][i]);
        sum0[q] = hn::MulAdd(query, key0, sum0[q]);
        sum1[q] = hn::MulAdd(query, key1, sum1[q]);
      }
    }
    for (size_t q = 0; q < kQueries; ++q) {
      hn::StoreU(sum0[q], d, scores + q * scores_stride + j);
      hn::StoreU(sum1[q], d, scores + q * scores_stride + j + lanes);
    }
  }
  for (; j < kKeyBlock; j += lanes) {  // vectors of kKeyBlock lanes
    for (size_t q = 0; q < kQueries; ++q) {
      auto sum = hn::Zero(d);
      for (size_t i = 0; i < head_dim; ++i) {
        sum = hn::MulAdd(hn::Set(d, queries[q][i]), LoadF32(d, keys + i * kKeyBlock + j), sum);
      }
      hn::StoreU(sum, d, scores + q * scores_stride + j);
    }
  }
}

// Adds weights[q, j] * value_j for j in [begin, end) of a block into sums[q]; values:
// [kKeyBlock, head_dim]. One chain of multiply-adds per value. `next`: as in ScoreBlock.
template <size_t kQueries, typename T>
void AddValues(const float* weights, size_t weights_stride, const T* values, const T* next,
               size_t begin, size_t end, size_t head_dim, float* sums) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + 2 * lanes <= head_dim; i += 2 * lanes) {
    hn::Vec<decltype(d)> sum0[kQueries], sum1[kQueries];
    for (size_t q = 0; q < kQueries; ++q) {
      sum0[q] = hn::LoadU(d, sums + q * head_dim + i);
      sum1[q] = hn::LoadU(d, sums + q * head_dim + i + lanes);
    }
    for (size_t j = begin; j < end; ++j) {
      hwy::Prefetch(next + j * head_dim + i);
      const auto value0 = LoadF32(d, values + j * head_dim + i);
      const auto value1 = LoadF32(d, values + j * head_dim + i + lanes);
      for (size_t q = 0; q < kQueries; ++q) {
        const auto weight = hn::Set(d, weights[q * weights_stride + j]);
        sum0[q] = hn::MulAdd(weight, value0, sum0[q]);
        sum1[q] = hn::MulAdd(weight, value1, sum1[q]);
      }
    }
    for (size_t q = 0; q < kQueries; ++q) {
      hn::StoreU(sum0[q], d, sums + q * head_dim + i);
      hn::StoreU(sum1[q], d, sums + q * head_dim + i + lanes);
    }
  }
  const hn::CappedTag<float, 1> d1;
  for (; i < head_dim; ++i) {
    for (size_t q = 0; q < kQueries; ++q) {
      auto sum = hn::LoadU(d1, sums + q * head_dim + i);
      for (size_t j = begin; j < end; ++j) {
        sum = hn::MulAdd(hn::Set(d1, weights[q * weights_stride + j]),
                         LoadF32(d1, values + j * head_dim + i), sum);
      }
      hn::StoreU(sum, d1, sums + q * head_dim + i);
    }
  }
}

// Turns scores into exp(score - max) and sums them, over one span; keys outside [begin, end) get
// weight 0. The sum runs in eight fixed columns, so vector length does not change it.
void SoftmaxSpan(float* scores, size_t begin, size_t end, float* out_max, float* out_sum) {
  constexpr size_t kColumns = 8;
  const hn::CappedTag<float, kColumns> d;
  const size_t lanes = hn::Lanes(d);
  std::fill(scores, scores + begin, -HUGE_VALF);
  std::fill(scores + end, scores + kKeySpan, -HUGE_VALF);
  const size_t first = begin / kColumns * kColumns;
  const size_t last = (end + kColumns - 1) / kColumns * kColumns;
  auto column_max = hn::Set(d, -HUGE_VALF);
  for (size_t j = first; j < last; j += lanes) {
    column_max = hn::Max(column_max, hn::LoadU(d, scores + j));
  }
  const float max = hn::GetLane(hn::MaxOfLanes(d, column_max));
  std::fill(scores, scores + first, 0.0f);
  std::fill(scores + last, scores + kKeySpan, 0.0f);
  float column_sums[kColumns] = {};
  const auto max_lanes = hn::Set(d, max);
  for (size_t j = first; j < last; j += kColumns) {
    for (size_t c = 0; c < kColumns; c += lanes) {
      const auto shifted = hn::Sub(hn::LoadU(d, scores + j + c), max_lanes);
      // exp below -87 is 0 in f32 but for subnormals; -inf stays exactly 0.
      const auto weight =
          hn::IfThenElseZero(hn::Gt(shifted, hn::Set(d, -87.0f)), hn::Exp(d, shifted));
      hn::StoreU(weight, d, scores + j + c);
      hn::StoreU(hn::Add(hn::LoadU(d, column_sums + c), weight), d, column_sums + c);
    }
  }
  float sum = 0.0f;
  for (float column : column_sums) sum += column;
  *out_max = max;
  *out_sum = sum;
}

// Multiplies each query's weights (or scores) of one block by a factor for each key.
void ScaleKeys(float* scores, size_t num_queries, const float* scales) {
  for (size_t q = 0; q < num_queries; ++q) {
    for (size_t j = 0; j < kKeyBlock; ++j) scores[q * kKeySpan + j] *= scales[j];
  }
}

// Cuts queries into groups that share each load of a key or value: calls visit(group size as a
// constant, first query). Two accumulators a query and what is loaded have to fit in registers.
template <typename Visit>
void ForEachGroup(size_t num_queries, Visit visit) {
  constexpr size_t kLargest = HWY_MAX_BYTES >= 64 ? 8 : 4;
  size_t q = 0;
  for (; q + kLargest <= num_queries; q += kLargest) {
    visit(std::integral_constant<size_t, kLargest>(), q);
  }
  for (; q + 4 <= num_queries; q += 4) visit(std::integral_constant<size_t, 4>(), q);
  for (; q < num_queries; ++q) visit(std::integral_constant<size_t, 1>(), q);
}

// One span of one tile; result and values [kTileQueries, head_dim] receive its contribution.
// T: the stored type of slab.keys and slab.values.
template <typename T>
void AttendSpanOfType(const AttentionTile& tile, size_t span, SpanResult* result, float* values) {
  const KvSlab& slab = *tile.slab;
  const T* slab_keys = reinterpret_cast<const T*>(slab.keys);
  const T* slab_values = reinterpret_cast<const T*>(slab.values);
  const size_t head_dim = slab.head_dim;
  const size_t span_begin = span * kKeySpan;
  const size_t begin = std::max(tile.min_begin, span_begin);
  const size_t end = std::min(tile.max_end, span_begin + kKeySpan);
  const size_t first_block = begin / kKeyBlock, last_block = (end - 1) / kKeyBlock;
  // Where the tile's KV head lies in a block of positions.
  const auto head_block = [&](size_t block) {
    return (block % slab.num_blocks) * slab.num_kv_heads + tile.kv_head;
  };
  alignas(64) float scores[kTileQueries * kKeySpan];

  for (size_t block = first_block; block <= last_block; ++block) {
    const T* keys = slab_keys + head_block(block) * head_dim * kKeyBlock;
    const T* next = slab_keys + head_block(block + 1) * head_dim * kKeyBlock;
    float* block_scores = scores + (block * kKeyBlock - span_begin);
    ForEachGroup(tile.num_queries, [&](auto group, size_t q) {
      ScoreBlock<group>(tile.query + q, keys, next, head_dim, block_scores + q * kKeySpan,
                        kKeySpan);
    });
    if (slab.key_scales != nullptr) {
      ScaleKeys(block_scores, tile.num_queries, slab.key_scales + head_block(block) * kKeyBlock);
    }
  }

  for (size_t q = 0; q < tile.num_queries; ++q) {
    const size_t query_begin = std::max(tile.begin[q], span_begin);
    const size_t query_end = std::min(tile.end[q], span_begin + kKeySpan);
    if (query_begin >= query_end) {  // other queries of the tile see this span, this one does not
      result->max[q] = -HUGE_VALF;
      result->sum[q] = 0.0f;
      std::fill(scores + q * kKeySpan, scores + (q + 1) * kKeySpan, 0.0f);
      continue;
    }
    SoftmaxSpan(scores + q * kKeySpan, query_begin - span_begin, query_end - span_begin,
                &result->max[q], &result->sum[q]);
  }

  std::fill(values, values + tile.num_queries * head_dim, 0.0f);
  for (size_t block = first_block; block <= last_block; ++block) {
    const T* block_values = slab_values + head_block(block) * head_dim * kKeyBlock;
    const T* next = slab_values + head_block(block + 1) * head_dim * kKeyBlock;
    const size_t first = std::max(begin, block * kKeyBlock) - block * kKeyBlock;
    const size_t last = std::min(end, (block + 1) * kKeyBlock) - block * kKeyBlock;
    float* weights = scores + (block * kKeyBlock - span_begin);
    if (slab.value_scales != nullptr) {
      ScaleKeys(weights, tile.num_queries, slab.value_scales + head_block(block) * kKeyBlock);
    }
    ForEachGroup(tile.num_queries, [&](auto group, size_t q) {
      AddValues<group>(weights + q * kKeySpan, kKeySpan, block_values, next, first, last, head_dim,
                       values + q * head_dim);
    });
  }
}

void AttendSpanOnTarget(const AttentionTile& tile, size_t span, SpanResult* result, float* values) {
  switch (tile.slab->type) {
    case KvType::kF32: return AttendSpanOfType<float>(tile, span, result, values);
    case KvType::kF16: return AttendSpanOfType<hwy::float16_t>(tile, span, result, values);
    case KvType::kInt8: return AttendSpanOfType<int8_t>(tile, span, result, values);
  }
}

// total = total * a + span * b, elementwise.
void ScaleAddOnTarget(float* total, float a, const float* span, float b, size_t size) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto scaled = hn::Mul(hn::LoadU(d, span + i), hn::Set(d, b));
    hn::StoreU(hn::MulAdd(hn::LoadU(d, total + i), hn::Set(d, a), scaled), d, total + i);
  }
  const hn::CappedTag<float, 1> d1;
  for (; i < size; ++i) {
    const auto scaled = hn::Mul(hn::LoadU(d1, span + i), hn::Set(d1, b));
    hn::StoreU(hn::MulAdd(hn::LoadU(d1, total + i), hn::Set(d1, a), scaled), d1, total + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(AttendSpanOnTarget);
HWY_EXPORT(ScaleAddOnTarget);

void AttendSpan(const AttentionTile& tile, size_t span, SpanResult* result, float* values) {
  HWY_DYNAMIC_DISPATCH(AttendSpanOnTarget)(tile, span, result, values);
}

void ScaleAdd(float* total, float a, const float* span, float b, size_t size) {
  HWY_DYNAMIC_DISPATCH(ScaleAddOnTarget)(total, a, span, b, size);
}

}  // namespace gemma4
#endif  // HWY_ONCE
