#include "lib/sampling/penalties.h"

#include <algorithm>
#include <cmath>

#include "lib/sampling/finite_logit.h"

namespace gemma4 {
namespace {

// Of a count: the token is in the window, be it in the prompt only. The other bits count how often
// it was made.
constexpr uint32_t kInWindow = uint32_t{1} << 31;

Status CheckFinite(float value, const char* name) {
  if (std::isfinite(value)) return Status::Ok();
  return Status::InvalidArgument("%s is %g; it must be a finite number", name,
                                 static_cast<double>(value));
}

}  // namespace

Status CheckPenaltyOptions(const PenaltyOptions& options) {
  if (!(options.repetition > 0.0f) || !std::isfinite(options.repetition)) {
    return Status::InvalidArgument("repetition_penalty is %g; it must be a positive number",
                                   static_cast<double>(options.repetition));
  }
  GEMMA4_RETURN_IF_ERROR(CheckFinite(options.frequency, "frequency_penalty"));
  return CheckFinite(options.presence, "presence_penalty");
}

Penalties::Penalties(const PenaltyOptions& options, size_t vocab_size)
    : options_(options), counts_(options.any() ? vocab_size : 0) {}

void Penalties::Apply(std::span<const int32_t> history, size_t num_prompt,
                      std::span<float> logits) {
  if (!any()) return;
  const size_t window =
      options_.window == 0 ? history.size() : std::min(options_.window, history.size());
  const size_t begin = history.size() - window;
  const auto is_known = [&](int32_t id) {
    return id >= 0 && static_cast<size_t>(id) < counts_.size();
  };
  for (size_t i = begin; i < history.size(); ++i) {
    if (!is_known(history[i])) continue;
    uint32_t& count = counts_[static_cast<size_t>(history[i])];
    count |= kInWindow;
    if (i >= num_prompt) ++count;
  }
  for (int32_t id : history.subspan(begin)) {
    if (!is_known(id)) continue;
    uint32_t& count = counts_[static_cast<size_t>(id)];
    if (count == 0) continue;  // was done where the window has it first
    const uint32_t times = count & ~kInWindow;
    count = 0;
    float& logit = logits[static_cast<size_t>(id)];
    if (std::isinf(logit)) continue;
    if (options_.repetition != 1.0f) {
      logit = FiniteLogit(logit > 0.0f ? logit / options_.repetition : logit * options_.repetition);
    }
    if (times == 0) continue;
    // Apart, so that two huge numbers of opposite signs meet as finite ones.
    logit = FiniteLogit(logit - FiniteLogit(static_cast<float>(times) * options_.frequency));
    logit = FiniteLogit(logit - options_.presence);
  }
}

}  // namespace gemma4
