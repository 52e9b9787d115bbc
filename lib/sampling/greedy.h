// The token of the largest logit.
#ifndef GEMMA4_LIB_SAMPLING_GREEDY_H_
#define GEMMA4_LIB_SAMPLING_GREEDY_H_

#include <cstdint>
#include <optional>
#include <span>

#include "lib/sampling/allowed_tokens.h"

namespace gemma4 {

// logits: [vocab_size], none NaN. Of equal logits the smallest id. Nothing when no id is allowed
// or all of those are at -infinity.
std::optional<int32_t> Greedy(std::span<const float> logits, const AllowedTokens& allowed);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_GREEDY_H_
