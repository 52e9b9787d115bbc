#include "lib/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "lib/sampling/greedy.h"
#include "lib/sampling/temperature.h"
#include "lib/sampling/top_k.h"
#include "lib/sampling/top_p.h"

namespace gemma4 {
namespace {

// One pass that the compiler vectorises; which logit it was is looked for only then.
Status CheckLogits(std::span<const float> logits) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  bool good = true;
  for (float logit : logits) good &= logit <= kLargest;  // false for NaN, too
  if (good) return Status::Ok();
  const auto bad =
      std::find_if(logits.begin(), logits.end(), [](float logit) { return !(logit <= kLargest); });
  return Status::Internal("the logit of token %td is %f", bad - logits.begin(),
                          static_cast<double>(*bad));
}

// One of `candidates`, with the probability of its weight.
int32_t Draw(std::span<const Candidate> candidates, Pcg32& random) {
  double sum = 0.0;
  for (const Candidate& candidate : candidates) sum += candidate.weight;
  double left = random.NextUnit() * sum;
  for (const Candidate& candidate : candidates) {
    left -= candidate.weight;
    if (left < 0.0) return candidate.token_id;
  }
  // Rounding used up the sum before the last positive weight: it is this one's.
  for (size_t i = candidates.size(); i > 0; --i) {
    if (candidates[i - 1].weight > 0.0) return candidates[i - 1].token_id;
  }
  return candidates.front().token_id;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options)
    : options_(options),
      suppressed_(options.suppress_token_ids),
      random_(Pcg32::FromSeed(options.seed)) {}

StatusOr<Sampler> Sampler::Create(const SamplerOptions& options, size_t vocab_size) {
  if (!(options.temperature >= 0.0f) || !std::isfinite(options.temperature)) {
    return Status::InvalidArgument("temperature is %g; it must be 0 or a positive number",
                                   static_cast<double>(options.temperature));
  }
  if (!(options.top_p >= 0.0f && options.top_p <= 1.0f)) {
    return Status::InvalidArgument("top_p is %g; it must be in [0, 1]",
                                   static_cast<double>(options.top_p));
  }
  Sampler sampler(options);
  if (options.temperature > 0.0f) {
    const bool all = options.top_k == 0 || options.top_k >= vocab_size;
    sampler.candidates_.reserve(all ? vocab_size : options.top_k);
  }
  return sampler;
}

StatusOr<int32_t> Sampler::Sample(std::span<const float> logits) {
  GEMMA4_RETURN_IF_ERROR(CheckLogits(logits));
  if (options_.temperature == 0.0f) {
    const std::optional<int32_t> best = Greedy(logits, suppressed_);
    if (!best) return Status::Internal("every token is suppressed");
    return *best;
  }
  SelectTopK(logits, suppressed_, options_.top_k, candidates_);
  if (candidates_.empty()) return Status::Internal("every token is suppressed");
  ApplyTemperature(options_.temperature, candidates_);
  KeepTopP(options_.top_p, candidates_);
  return Draw(candidates_, random_);
}

}  // namespace gemma4
