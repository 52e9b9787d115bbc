#include "lib/ops/log_sum_exp.h"

#include <cmath>
#include <cstddef>

#include "lib/ops/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/log_sum_exp.cc"
// foreach_target.h comes first: it includes this file once for each target.
// clang-format off
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/math/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gemma4 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sum of exp(x[i] - largest).
double SumOfExp(const float* x, size_t size, float largest) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const size_t lanes = hn::Lanes(d);
  const auto shift = hn::Set(d, static_cast<double>(largest));
  // Smaller terms are nothing beside the largest, 1; Exp() is not made for them.
  const auto least = hn::Set(d, -700.0);
  const auto term = [&](size_t i) HWY_ATTR {
    const auto shifted = hn::Sub(hn::PromoteTo(d, hn::LoadU(df, x + i)), shift);
    return hn::IfThenElseZero(hn::Gt(shifted, least), hn::Exp(d, hn::Max(shifted, least)));
  };
  auto even = hn::Zero(d);  // two sums, so that one addition need not wait for the other
  auto odd = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    even = hn::Add(even, term(i));
    odd = hn::Add(odd, term(i + lanes));
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  for (; i < size; ++i) sum += std::exp(static_cast<double>(x[i]) - static_cast<double>(largest));
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(SumOfExp);

double LogSumExp(std::span<const float> x, float largest) {
  const double sum = HWY_DYNAMIC_DISPATCH(SumOfExp)(x.data(), x.size(), largest);
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace gemma4
#endif  // HWY_ONCE
