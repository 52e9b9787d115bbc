#include "lib/sampling/greedy.h"

#include <limits>

namespace gemma4 {

std::optional<int32_t> Greedy(std::span<const float> logits, const AllowedTokens& allowed) {
  float largest = -std::numeric_limits<float>::infinity();
  int32_t best_id = -1;
  allowed.ForEach(logits, [&](int32_t id, float logit) {
    if (logit > largest) {
      largest = logit;
      best_id = id;
    }
  });
  if (best_id < 0) return std::nullopt;
  return best_id;
}

}  // namespace gemma4
