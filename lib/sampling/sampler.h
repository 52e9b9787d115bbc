// Sampler: logits to one token id. The order of the steps is written here and nowhere else.
#ifndef GEMMA4_LIB_SAMPLING_SAMPLER_H_
#define GEMMA4_LIB_SAMPLING_SAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/sampling/candidate.h"
#include "lib/sampling/random.h"
#include "lib/sampling/suppressed_tokens.h"

namespace gemma4 {

struct SamplerOptions {
  float temperature = 0.0f;  // 0: greedy
  size_t top_k = 0;          // 0: all
  float top_p = 1.0f;        // 1: all
  uint64_t seed = 0;
  std::vector<int32_t> suppress_token_ids = {};
};

// Steps, as in transformers: suppress; then greedy, or temperature, top-k, top-p, draw. The
// temperature keeps the order of logits, so here the top k are taken first and only these become
// weights. Not thread-safe; one per session.
class Sampler {
 public:
  // kInvalidArgument names the option, its value and what is allowed.
  static StatusOr<Sampler> Create(const SamplerOptions& options, size_t vocab_size);

  // logits: [vocab_size], unchanged. kInternal when a logit is NaN or infinite (-infinity counts as
  // suppressed) or none is left; nothing was drawn then. Allocates nothing.
  StatusOr<int32_t> Sample(std::span<const float> logits);

  // Back to the first draw of the seed.
  void Reset() { random_ = Pcg32::FromSeed(options_.seed); }

  const SamplerOptions& options() const { return options_; }

 private:
  explicit Sampler(const SamplerOptions& options);

  SamplerOptions options_;
  SuppressedTokens suppressed_;
  Pcg32 random_;
  std::vector<Candidate> candidates_;  // scratch
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_SAMPLER_H_
