#include "lib/sampling/logprobs.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "lib/ops/log_sum_exp.h"

namespace gemma4 {
namespace {

struct Ranked {
  float logit;
  int32_t token_id;
};

// The `count` largest of `logits`, the largest first, in `ranked`; how many there are. A later id
// never comes before an equal logit.
size_t SelectLargest(std::span<const float> logits, size_t count, std::span<Ranked> ranked) {
  size_t num_ranked = 0;
  float least = -std::numeric_limits<float>::infinity();  // which the next one must exceed
  for (size_t id = 0; id < logits.size(); ++id) {
    const float logit = logits[id];
    if (!(logit > least)) continue;
    size_t place = num_ranked < count ? num_ranked++ : count - 1;
    for (; place > 0 && ranked[place - 1].logit < logit; --place) ranked[place] = ranked[place - 1];
    ranked[place] = {logit, static_cast<int32_t>(id)};
    if (num_ranked == count) least = ranked[count - 1].logit;
  }
  return num_ranked;
}

}  // namespace

TopLogprobs ComputeTopLogprobs(std::span<const float> logits, int32_t chosen, size_t num_top) {
  assert(num_top <= kMaxTopLogprobs);
  assert(chosen >= 0 && static_cast<size_t>(chosen) < logits.size());
  std::array<Ranked, kMaxTopLogprobs> ranked;
  const size_t num_ranked = SelectLargest(logits, std::max<size_t>(num_top, 1), ranked);
  assert(num_ranked > 0);
  const double log_sum = LogSumExp(logits, ranked[0].logit);
  const auto logprob = [&](int32_t id) -> TokenLogprob {
    return {id, static_cast<float>(static_cast<double>(logits[static_cast<size_t>(id)]) - log_sum)};
  };
  TopLogprobs result;
  result.chosen = logprob(chosen);
  result.num_top = std::min(num_ranked, num_top);
  for (size_t i = 0; i < result.num_top; ++i) result.top[i] = logprob(ranked[i].token_id);
  return result;
}

}  // namespace gemma4
