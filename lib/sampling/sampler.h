// Sampler: logits to one token id. The order of the steps is written here and nowhere else.
#ifndef GEMMA4_LIB_SAMPLING_SAMPLER_H_
#define GEMMA4_LIB_SAMPLING_SAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/sampling/candidate.h"
#include "lib/sampling/logit_bias.h"
#include "lib/sampling/penalties.h"
#include "lib/sampling/random.h"
#include "lib/sampling/suppressed_tokens.h"

namespace gemma4 {

struct SamplerOptions {
  float temperature = 0.0f;  // 0: greedy
  size_t top_k = 0;          // 0: all
  float top_p = 1.0f;        // 1: all
  uint64_t seed = 0;
  std::vector<int32_t> suppress_token_ids = {};  // the model's; outside the vocabulary: do nothing
  float min_p = 0.0f;                            // 0: all
  PenaltyOptions penalties = {};
  std::vector<TokenBias> logit_bias = {};      // -infinity bans
  std::vector<int32_t> banned_token_ids = {};  // the caller's
};

struct SampleInput {
  std::span<const float> logits;  // [vocab_size]
  // What penalties look at: the tokens of the sequence so far, of which the first `num_prompt` were
  // not made in this generation.
  std::span<const int32_t> history = {};
  size_t num_prompt = 0;
  // As AllowedTokens takes it: a bit for every id, [NumMaskWords(vocab_size)]; empty: all.
  std::span<const uint64_t> allowed = {};
};

// Steps, in this order, that of transformers:
//
//   1. logit bias;
//   2. repetition penalty, 3. frequency penalty, 4. presence penalty;
//   5. what is suppressed, banned or not allowed by the mask is out;
//   6. temperature 0: the largest logit, and that is all;
//   7. temperature, 8. top-k, 9. top-p, 10. min-p, 11. draw.
//
// Each of 8 to 10 sees what the one before left. The temperature keeps the order of logits, so the
// top k are taken first here and only these become weights. Equal logits: the smaller id first.
//
// Not thread-safe; one per session.
class Sampler {
 public:
  // kInvalidArgument names the option, its value and what is allowed; also when every token of the
  // vocabulary is suppressed, banned or has the bias -infinity.
  static StatusOr<Sampler> Create(const SamplerOptions& options, size_t vocab_size);

  Sampler(Sampler&&) = default;
  Sampler& operator=(Sampler&&) = default;

  // Another one with the same options, at the same draw, for the copy of a session.
  Sampler Fork() const;

  // Changes nothing that is given. Allocates nothing unless it fails; after a failure nothing was
  // drawn, and the same call with another input goes on as if it had been the first.
  //   kInternal         a logit is NaN or infinite (-infinity counts as suppressed), or without a
  //                     mask none is left;
  //   kInvalidArgument  the mask leaves no token, or has not NumMaskWords(vocab_size) words.
  StatusOr<int32_t> Sample(const SampleInput& input);

  // Back to the first draw of the seed.
  void Reset() { random_ = Pcg32::FromSeed(options_.seed); }

  // Where the draws are, for a saved session: one number. Any number is a place, so restoring it
  // cannot fail; restored into a sampler of other options it goes on with these.
  uint64_t random_state() const { return random_.state(); }
  void set_random_state(uint64_t state) { random_.set_state(state); }

  const SamplerOptions& options() const { return options_; }

 private:
  Sampler(const SamplerOptions& options, size_t vocab_size);

  Status NoneLeft(const SampleInput& input) const;

  SamplerOptions options_;
  SuppressedTokens suppressed_;    // the model's, the caller's, and biases of -infinity
  std::vector<TokenBias> biases_;  // the finite ones
  Penalties penalties_;
  Pcg32 random_;
  std::vector<float> adjusted_;        // scratch, [vocab_size] where steps 1 to 4 are in use
  std::vector<Candidate> candidates_;  // scratch
  size_t vocab_size_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_SAMPLER_H_
