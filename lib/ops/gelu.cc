#include "lib/ops/gelu.h"

#include "lib/ops/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/gelu.cc"
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

// z/2 (1 + tanh(u)) = z / (1 + exp(-2u)): one exponential, and no cancellation for large -z.
template <class D, class V>
V Gelu(D d, V z) {
  const auto cubic = hn::MulAdd(hn::Mul(z, z), hn::Set(d, 0.044715f), hn::Set(d, 1.0f));
  // -2 sqrt(2/pi) z (1 + 0.044715 z^2)
  auto exponent = hn::Mul(hn::Mul(z, cubic), hn::Set(d, -1.5957691216057308f));
  // Past 87 the exponential leaves f32 and the result is zero (z is then below -5).
  const auto gelu = hn::Div(z, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, exponent)));
  return hn::IfThenZeroElse(hn::Gt(exponent, hn::Set(d, 87.0f)), gelu);
}

void GateRow(const float* gate, const float* up, size_t size, float* out) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(hn::Mul(Gelu(d, hn::LoadU(d, gate + i)), hn::LoadU(d, up + i)), d, out + i);
  }
  const hn::CappedTag<float, 1> d1;
  for (; i < size; ++i) {
    hn::StoreU(hn::Mul(Gelu(d1, hn::LoadU(d1, gate + i)), hn::LoadU(d1, up + i)), d1, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(GateRow);

void GeluMulRow(const float* gate, const float* up, size_t size, float* out) {
  HWY_DYNAMIC_DISPATCH(GateRow)(gate, up, size, out);
}

}  // namespace gemma4
#endif  // HWY_ONCE
