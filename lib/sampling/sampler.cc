#include "lib/sampling/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

#include "lib/sampling/allowed_tokens.h"
#include "lib/sampling/greedy.h"
#include "lib/sampling/min_p.h"
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

// Those of the model, of the caller, and of biases of -infinity.
SuppressedTokens SuppressedOf(const SamplerOptions& options) {
  std::vector<int32_t> ids = options.suppress_token_ids;
  ids.insert(ids.end(), options.banned_token_ids.begin(), options.banned_token_ids.end());
  for (const auto [id, bias] : options.logit_bias) {
    if (std::isinf(bias)) ids.push_back(id);
  }
  return SuppressedTokens(ids);
}

std::vector<TokenBias> FiniteBiases(std::span<const TokenBias> biases) {
  std::vector<TokenBias> finite;
  for (const TokenBias& bias : biases) {
    if (std::isfinite(bias.bias)) finite.push_back(bias);
  }
  return finite;
}

// In [0, 1].
Status CheckShare(float value, const char* name) {
  if (value >= 0.0f && value <= 1.0f) return Status::Ok();
  return Status::InvalidArgument("%s is %g; it must be in [0, 1]", name,
                                 static_cast<double>(value));
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options, size_t vocab_size)
    : options_(options),
      suppressed_(SuppressedOf(options)),
      biases_(FiniteBiases(options.logit_bias)),
      penalties_(options.penalties, vocab_size),
      random_(Pcg32::FromSeed(options.seed)),
      adjusted_(penalties_.any() || !biases_.empty() ? vocab_size : 0),
      vocab_size_(vocab_size) {
  if (options.temperature > 0.0f) {
    const bool all = options.top_k == 0 || options.top_k >= vocab_size;
    candidates_.reserve(all ? vocab_size : options.top_k);
  }
}

StatusOr<Sampler> Sampler::Create(const SamplerOptions& options, size_t vocab_size) {
  if (!(options.temperature >= 0.0f) || !std::isfinite(options.temperature)) {
    return Status::InvalidArgument("temperature is %g; it must be 0 or a positive number",
                                   static_cast<double>(options.temperature));
  }
  GEMMA4_RETURN_IF_ERROR(CheckShare(options.top_p, "top_p"));
  GEMMA4_RETURN_IF_ERROR(CheckShare(options.min_p, "min_p"));
  GEMMA4_RETURN_IF_ERROR(CheckPenaltyOptions(options.penalties));
  GEMMA4_RETURN_IF_ERROR(CheckLogitBias(options.logit_bias, vocab_size));
  for (size_t i = 0; i < options.banned_token_ids.size(); ++i) {
    const int32_t id = options.banned_token_ids[i];
    if (id >= 0 && static_cast<size_t>(id) < vocab_size) continue;
    return Status::InvalidArgument("banned_token_ids[%zu] is %d, outside the vocabulary of %zu", i,
                                   id, vocab_size);
  }
  Sampler sampler(options, vocab_size);
  const auto suppressed = sampler.suppressed_.token_ids();
  const auto num_suppressed = static_cast<size_t>(
      std::lower_bound(suppressed.begin(), suppressed.end(), static_cast<int64_t>(vocab_size)) -
      suppressed.begin());
  if (num_suppressed == vocab_size) {
    return Status::InvalidArgument(
        "all %zu tokens are suppressed, banned or have the bias -infinity; at least one must be "
        "left",
        vocab_size);
  }
  return sampler;
}

// A copy of a vector has no spare capacity; made anew it has.
Sampler Sampler::Fork() const {
  Sampler fork(options_, vocab_size_);
  fork.random_ = random_;
  return fork;
}

Status Sampler::NoneLeft(const SampleInput& input) const {
  if (input.allowed.empty()) return Status::Internal("every token is suppressed");
  const SuppressedTokens none;
  size_t num_allowed = 0;
  AllowedTokens(none, input.allowed).ForEach(input.logits, [&](int32_t, float) { ++num_allowed; });
  return Status::InvalidArgument(
      "no token can be chosen: the mask allows %zu of %zu, and of these none that is not "
      "suppressed "
      "or banned; it must leave at least one",
      num_allowed, input.logits.size());
}

StatusOr<int32_t> Sampler::Sample(const SampleInput& input) {
  assert(input.logits.size() == vocab_size_);
  if (!input.allowed.empty() && input.allowed.size() != NumMaskWords(vocab_size_)) {
    return Status::InvalidArgument("the mask has %zu words of 64 tokens; %zu tokens need %zu",
                                   input.allowed.size(), vocab_size_, NumMaskWords(vocab_size_));
  }
  GEMMA4_RETURN_IF_ERROR(CheckLogits(input.logits));
  std::span<const float> logits = input.logits;
  if (!adjusted_.empty()) {
    std::copy(logits.begin(), logits.end(), adjusted_.begin());
    ApplyLogitBias(biases_, adjusted_);
    penalties_.Apply(input.history, input.num_prompt, adjusted_);
    logits = adjusted_;
  }
  const AllowedTokens allowed(suppressed_, input.allowed);
  if (options_.temperature == 0.0f) {
    const std::optional<int32_t> best = Greedy(logits, allowed);
    if (!best) return NoneLeft(input);
    return *best;
  }
  SelectTopK(logits, allowed, options_.top_k, candidates_);
  if (candidates_.empty()) return NoneLeft(input);
  ApplyTemperature(options_.temperature, candidates_);
  KeepTopP(options_.top_p, candidates_);
  KeepMinP(options_.min_p, candidates_);
  return Draw(candidates_, random_);
}

}  // namespace gemma4
