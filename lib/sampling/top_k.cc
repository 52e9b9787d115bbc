#include "lib/sampling/top_k.h"

#include <algorithm>
#include <limits>

namespace gemma4 {

void SelectTopK(std::span<const float> logits, const AllowedTokens& allowed, size_t k,
                std::vector<Candidate>& candidates) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  candidates.clear();
  if (k == 0 || k >= logits.size()) {
    allowed.ForEach(logits, [&](int32_t id, float logit) {
      if (logit > kNever) candidates.push_back({id, logit, 0.0});
    });
    return;
  }
  // A heap with the least preferred in front: after the first few thousand ids nearly every one is
  // turned away by a single comparison. A later id is never preferred to an equal logit.
  allowed.ForEach(logits, [&](int32_t id, float logit) {
    if (candidates.size() < k) {
      if (logit == kNever) return;
      candidates.push_back({id, logit, 0.0});
      std::push_heap(candidates.begin(), candidates.end(), Precedes);
    } else if (logit > candidates.front().logit) {
      std::pop_heap(candidates.begin(), candidates.end(), Precedes);
      candidates.back() = {id, logit, 0.0};
      std::push_heap(candidates.begin(), candidates.end(), Precedes);
    }
  });
  std::sort_heap(candidates.begin(), candidates.end(), Precedes);
}

}  // namespace gemma4
