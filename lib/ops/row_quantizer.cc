#include "lib/ops/row_quantizer.h"

#include <xnnpack.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "lib/ops/highway_targets.h"
#include "lib/ops/row_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/row_quantizer.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gemma4 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The least and the greatest of x and 0. What is no number counts for neither: Min and Max take the
// number, x86's the second operand.
void FindRange(const float* x, size_t size, float* low, float* high) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto low0 = hn::Zero(d), low1 = low0, high0 = low0, high1 = low0;
  size_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    const auto a = hn::LoadU(d, x + i);
    const auto b = hn::LoadU(d, x + i + lanes);
    low0 = hn::Min(a, low0);
    high0 = hn::Max(a, high0);
    low1 = hn::Min(b, low1);
    high1 = hn::Max(b, high1);
  }
  *low = hn::GetLane(hn::MinOfLanes(d, hn::Min(low0, low1)));
  *high = hn::GetLane(hn::MaxOfLanes(d, hn::Max(high0, high1)));
  for (; i < size; ++i) {
    *low = std::min(*low, x[i]);
    *high = std::max(*high, x[i]);
  }
}

// out = round(x * multiplier) + zero_point, in int8's range, with some bits flipped.
void RoundRow(const float* x, size_t size, float multiplier, int32_t zero_point,
              uint8_t flipped_bits, int8_t* out) {
  const auto round = [=](auto d, const float* from, int8_t* to) HWY_ATTR {
    const hn::Rebind<int8_t, decltype(d)> d8;
    const hn::RebindToSigned<decltype(d)> d32;
    const auto least = hn::Set(d, static_cast<float>(INT8_MIN - zero_point));
    const auto greatest = hn::Set(d, static_cast<float>(INT8_MAX - zero_point));
    const auto scaled = hn::Mul(hn::LoadU(d, from), hn::Set(d, multiplier));
    const auto rounded = hn::NearestInt(hn::Max(hn::Min(scaled, greatest), least));
    const auto value = hn::DemoteTo(d8, hn::Add(rounded, hn::Set(d32, zero_point)));
    hn::StoreU(hn::Xor(value, hn::Set(d8, static_cast<int8_t>(flipped_bits))), d8, to);
  };
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) round(d, x + i, out + i);
  for (; i < size; ++i) round(hn::CappedTag<float, 1>(), x + i, out + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(FindRange);
HWY_EXPORT(RoundRow);

namespace {

// Rows of the tallest micro-kernel (XNNPACK's XNN_MAX_MR).
constexpr size_t kMaxTileRows = 16;
static_assert(kMaxTileRows >= XNN_EXTRA_QUANTIZATION_PARAMS);

// The zero point is on the side where rounding it errs less. Every operation is in the order of
// XNNPACK's, so that the bits are, too.
xnn_quantization_params ParamsOf(float low, float high) {
  const float steps = low == high ? 1.0f : 255.0f / (high - low);  // in one unit of x
  const float from_low = INT8_MIN - low * steps;
  const float from_high = INT8_MAX - high * steps;
  const float errors = (INT8_MIN + low * steps) + (INT8_MAX + high * steps);
  const float zero_point = errors > 0 ? from_low : from_high;
  // No number where a value is infinite or steps are: then one end or the other.
  const float bounded = zero_point > INT8_MIN ? std::min<float>(zero_point, INT8_MAX) : INT8_MIN;
  return {.zero_point = static_cast<int32_t>(std::lrint(bounded)), .scale = 1.0f / steps};
}

}  // namespace

StatusOr<RowQuantizer> RowQuantizer::Create(size_t num_threads, size_t max_rows,
                                            size_t max_channels) {
  RowQuantizer quantizer;
  // Micro-kernels read whole tiles: past the last value, and parameters past the last row.
  GEMMA4_ASSIGN_OR_RETURN(
      quantizer.values_,
      AnonymousMemory::Reserve(max_rows * max_channels + XNN_EXTRA_BYTES, "quantized activations"));
  GEMMA4_ASSIGN_OR_RETURN(
      quantizer.params_,
      AnonymousMemory::Reserve((max_rows + kMaxTileRows) * sizeof(xnn_quantization_params),
                               "activation scales"));
  GEMMA4_ASSIGN_OR_RETURN(
      quantizer.rooms_,
      AnonymousMemory::Reserve(num_threads * max_channels * sizeof(float), "rows of activations"));
  quantizer.num_threads_ = num_threads;
  quantizer.max_rows_ = max_rows;
  quantizer.max_channels_ = max_channels;
  return quantizer;
}

void RowQuantizer::Quantize(const RowSource& x, size_t num_rows, size_t channels,
                            ThreadPool& pool) {
  Run(x, num_rows, channels, /*flipped_bits=*/0, pool);
}

const uint8_t* RowQuantizer::QuantizeUnsigned(const RowSource& x, size_t num_rows, size_t channels,
                                              ThreadPool& pool) {
  Run(x, num_rows, channels, /*flipped_bits=*/0x80, pool);
  return reinterpret_cast<const uint8_t*>(values_.data());
}

void RowQuantizer::Run(const RowSource& x, size_t num_rows, size_t channels, uint8_t flipped_bits,
                       ThreadPool& pool) {
  assert(num_rows > 0 && num_rows <= max_rows_ && channels <= max_channels_ &&
         pool.num_threads() <= num_threads_);
  auto* values = reinterpret_cast<int8_t*>(values_.data());
  auto* params = reinterpret_cast<xnn_quantization_params*>(params_.data());
  auto* rooms = reinterpret_cast<float*>(rooms_.data());
  const auto find_range = HWY_DYNAMIC_DISPATCH(FindRange);
  const auto round_row = HWY_DYNAMIC_DISPATCH(RoundRow);
  // A row may have to be made first, which is as much work again.
  const auto quantize = [&](size_t begin, size_t end, size_t slot) {
    for (size_t r = begin; r < end; ++r) {
      const float* row = x.Get(r, rooms + slot * max_channels_);
      float low, high;
      find_range(row, channels, &low, &high);
      params[r] = ParamsOf(low, high);
      round_row(row, channels, 1.0f / params[r].scale, params[r].zero_point, flipped_bits,
                values + r * channels);
    }
  };
  ForEachRowBlockInSlots(num_rows, 2 * channels, pool, quantize);
  // A kernel whose tile reaches past the last row computes that row again, with the parameters it
  // finds there, and some store the last of these copies. XNNPACK's own padding (10) is shorter
  // than its tallest tiles (qb4w with AVX-512 VNNI: 14 rows), which then store garbage.
  std::fill_n(params + num_rows, kMaxTileRows, params[num_rows - 1]);
}

const int8_t* RowQuantizer::values() const {
  return reinterpret_cast<const int8_t*>(values_.data());
}

const xnn_quantization_params* RowQuantizer::params() const {
  return reinterpret_cast<const xnn_quantization_params*>(params_.data());
}

}  // namespace gemma4
#endif  // HWY_ONCE
