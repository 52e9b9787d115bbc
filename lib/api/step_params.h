// gemma4_step_params, checked.
#ifndef GEMMA4_LIB_API_STEP_PARAMS_H_
#define GEMMA4_LIB_API_STEP_PARAMS_H_

#include <gemma4/event.h>

#include <chrono>

#include "lib/api/handles.h"
#include "lib/api/params.h"
#include "lib/base/status.h"
#include "lib/session/session.h"

namespace gemma4 {

// The defaults for NULL. kUnsupported for what this version does not know.
inline StatusOr<gemma4_step_params> StepParamsOf(const gemma4_step_params* params) {
  return ReadParams(params);
}

// The time begins to run now: call it for each step. What never comes is no limit.
inline StepOptions StepOptionsOf(const gemma4_step_params& params) {
  StepOptions options;
  options.cancel = FlagOf(params.cancel);
  const Deadline now = std::chrono::steady_clock::now();
  const uint64_t budget_us = params.time_budget_us;
  const auto latest_us =
      std::chrono::duration_cast<std::chrono::microseconds>(Deadline::max() - now);
  if (budget_us > 0 && budget_us < static_cast<uint64_t>(latest_us.count())) {
    options.deadline = now + std::chrono::microseconds(static_cast<int64_t>(budget_us));
  }
  return options;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_STEP_PARAMS_H_
