// Logit bias: a number added to the logit of each of some tokens.
#ifndef GEMMA4_LIB_SAMPLING_LOGIT_BIAS_H_
#define GEMMA4_LIB_SAMPLING_LOGIT_BIAS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/status.h"

namespace gemma4 {

struct TokenBias {
  int32_t token_id;
  float bias;  // -infinity bans the token
};

// kInvalidArgument names the entry: an id outside the vocabulary, one that an earlier entry has, a
// bias that is NaN or +infinity.
Status CheckLogitBias(std::span<const TokenBias> biases, size_t vocab_size);

// Adds each bias to its logit of `logits` [vocab_size]. A logit of -infinity stays. REQUIRES: the
// biases passed CheckLogitBias.
void ApplyLogitBias(std::span<const TokenBias> biases, std::span<float> logits);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_LOGIT_BIAS_H_
