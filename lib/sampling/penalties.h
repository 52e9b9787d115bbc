// Penalties: what the sequence has already becomes less likely.
#ifndef GEMMA4_LIB_SAMPLING_PENALTIES_H_
#define GEMMA4_LIB_SAMPLING_PENALTIES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

struct PenaltyOptions {
  float repetition = 1.0f;  // 1: off
  float frequency = 0.0f;   // 0: off
  float presence = 0.0f;    // 0: off
  size_t window = 0;        // how many of the sequence's last tokens count; 0: all

  bool any() const { return repetition != 1.0f || frequency != 0.0f || presence != 0.0f; }
};

// kInvalidArgument names the option, its value and what is allowed.
Status CheckPenaltyOptions(const PenaltyOptions& options);

// The three penalties, of a token that is in the window, in this order:
//
//   repetition  once for every distinct token, of the prompt or made: a logit above 0 is divided by
//               it, any other multiplied (RepetitionPenaltyLogitsProcessor,
//               transformers/generation/logits_process.py; Keskar et al. 2019);
//   frequency   logit -= times * frequency, where only tokens that were made count, not the prompt;
//   presence    logit -= presence, if it was made once or more (both: OpenAI's API reference).
//
// Stateless between calls: counts are made anew from the sequence, so that a session may rewind.
class Penalties {
 public:
  // REQUIRES: the options passed CheckPenaltyOptions.
  Penalties(const PenaltyOptions& options, size_t vocab_size);

  bool any() const { return options_.any(); }

  // history: the sequence, of which the first `num_prompt` tokens were not made by the sampler; ids
  // outside the vocabulary do nothing. logits: [vocab_size]; -infinity stays. Allocates nothing.
  void Apply(std::span<const int32_t> history, size_t num_prompt, std::span<float> logits);

 private:
  PenaltyOptions options_;
  // [vocab_size], or empty where there are no penalties. All zero between calls.
  std::vector<uint32_t> counts_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_PENALTIES_H_
