// Logprobs: how likely the model itself thought the chosen token, and the likeliest ones.
#ifndef GEMMA4_LIB_SAMPLING_LOGPROBS_H_
#define GEMMA4_LIB_SAMPLING_LOGPROBS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gemma4 {

inline constexpr size_t kMaxTopLogprobs = 20;  // as many as OpenAI's API gives

struct TokenLogprob {
  int32_t token_id = -1;
  float logprob = 0.0f;  // natural logarithm, at most 0; -infinity for a probability of 0
};

struct TopLogprobs {
  TokenLogprob chosen;
  std::array<TokenLogprob, kMaxTopLogprobs> top;  // most likely first
  size_t num_top = 0;
};

// The chosen token's, whether or not it is among the `num_top` likeliest, and theirs: the
// log-softmax of the model's own `logits` [vocab_size], after its softcap and before any step of
// the sampler, so that a penalty or a temperature changes none of them. Summed in float64. Of equal
// logits the smaller id first; tokens at -infinity are not listed. Allocates nothing. REQUIRES:
// num_top <= kMaxTopLogprobs, 0 <= chosen < vocab_size, no logit is NaN or +infinity, not all are
// -infinity.
TopLogprobs ComputeTopLogprobs(std::span<const float> logits, int32_t chosen, size_t num_top);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_LOGPROBS_H_
