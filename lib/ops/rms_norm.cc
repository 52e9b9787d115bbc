#include "lib/ops/rms_norm.h"

#include <cmath>

#include "lib/ops/highway_targets.h"
#include "lib/ops/row_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/rms_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gemma4 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 1 / sqrt(mean(x^2) + eps). Two accumulators hide the latency of the multiply-add; the order of
// the sum is fixed by `size` alone.
float InverseRms(const float* x, size_t size, float eps) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    const auto a = hn::LoadU(d, x + i);
    const auto b = hn::LoadU(d, x + i + lanes);
    sum0 = hn::MulAdd(a, a, sum0);
    sum1 = hn::MulAdd(b, b, sum1);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  for (; i < size; ++i) sum += x[i] * x[i];
  return 1.0f / std::sqrt(sum / static_cast<float>(size) + eps);
}

void NormRow(const float* x, size_t size, const float* weight, float eps, float* y) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const float inverse = InverseRms(x, size, eps);
  const auto inverse_lanes = hn::Set(d, inverse);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    auto value = hn::Mul(hn::LoadU(d, x + i), inverse_lanes);
    if (weight != nullptr) value = hn::Mul(value, hn::LoadU(d, weight + i));
    hn::StoreU(value, d, y + i);
  }
  for (; i < size; ++i) {
    const float value = x[i] * inverse;
    y[i] = weight != nullptr ? value * weight[i] : value;
  }
}

void AddNormRow(const float* x, size_t size, const float* weight, float eps, float scale,
                float* residual) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const float inverse = InverseRms(x, size, eps);
  const auto inverse_lanes = hn::Set(d, inverse);
  const auto scale_lanes = hn::Set(d, scale);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto normed =
        hn::Mul(hn::Mul(hn::LoadU(d, x + i), inverse_lanes), hn::LoadU(d, weight + i));
    const auto sum = hn::Add(hn::LoadU(d, residual + i), normed);
    hn::StoreU(hn::Mul(sum, scale_lanes), d, residual + i);
  }
  for (; i < size; ++i) residual[i] = (residual[i] + x[i] * inverse * weight[i]) * scale;
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(NormRow);
HWY_EXPORT(AddNormRow);

void RmsNorm(const float* x, size_t num_rows, size_t size, std::span<const float> weight, float eps,
             float* y, ThreadPool& pool) {
  RmsNormHeads(x, size, num_rows, /*num_heads=*/1, size, weight, eps, y, pool);
}

void RmsNormRow(const float* x, size_t size, std::span<const float> weight, float eps, float* y) {
  HWY_DYNAMIC_DISPATCH(NormRow)(x, size, weight.empty() ? nullptr : weight.data(), eps, y);
}

void RmsNormHeads(const float* x, size_t row_stride, size_t num_rows, size_t num_heads, size_t size,
                  std::span<const float> weight, float eps, float* out, ThreadPool& pool) {
  const float* weight_data = weight.empty() ? nullptr : weight.data();
  const auto norm_row = HWY_DYNAMIC_DISPATCH(NormRow);
  ForEachRowBlock(num_rows, num_heads * size, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      for (size_t h = 0; h < num_heads; ++h) {
        norm_row(x + r * row_stride + h * size, size, weight_data, eps,
                 out + (r * num_heads + h) * size);
      }
    }
  });
}

void AddRmsNorm(const float* x, size_t num_rows, size_t size, std::span<const float> weight,
                float eps, float scale, float* residual, ThreadPool& pool) {
  const auto add_norm_row = HWY_DYNAMIC_DISPATCH(AddNormRow);
  ForEachRowBlock(num_rows, size, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      add_norm_row(x + r * size, size, weight.data(), eps, scale, residual + r * size);
    }
  });
}

}  // namespace gemma4
#endif  // HWY_ONCE
