#include "lib/ops/softcap.h"

#include "lib/ops/highway_targets.h"
#include "lib/ops/row_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/softcap.cc"
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

void SoftcapValues(float* x, size_t size, float cap) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const float inverse = 1.0f / cap;
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto scaled = hn::Mul(hn::LoadU(d, x + i), hn::Set(d, inverse));
    hn::StoreU(hn::Mul(hn::Tanh(d, scaled), hn::Set(d, cap)), d, x + i);
  }
  const hn::CappedTag<float, 1> d1;
  for (; i < size; ++i) {
    const auto scaled = hn::Mul(hn::LoadU(d1, x + i), hn::Set(d1, inverse));
    hn::StoreU(hn::Mul(hn::Tanh(d1, scaled), hn::Set(d1, cap)), d1, x + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gemma4
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gemma4 {

HWY_EXPORT(SoftcapValues);

void Softcap(std::span<float> x, float cap, ThreadPool& pool) {
  const auto softcap_values = HWY_DYNAMIC_DISPATCH(SoftcapValues);
  // Blocks are a multiple of every vector length, so a value's path does not depend on the count.
  constexpr size_t kBlock = 4096;
  const size_t num_blocks = (x.size() + kBlock - 1) / kBlock;
  ForEachRowBlock(num_blocks, kBlock, pool, [&](size_t begin, size_t end) {
    for (size_t b = begin; b < end; ++b) {
      const auto block = x.subspan(b * kBlock, std::min(kBlock, x.size() - b * kBlock));
      softcap_values(block.data(), block.size(), cap);
    }
  });
}

}  // namespace gemma4
#endif  // HWY_ONCE
