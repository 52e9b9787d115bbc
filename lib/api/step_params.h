// gemma4_step_params, checked.
#ifndef GEMMA4_LIB_API_STEP_PARAMS_H_
#define GEMMA4_LIB_API_STEP_PARAMS_H_

#include <gemma4/event.h>

#include "lib/api/params.h"
#include "lib/base/status.h"

namespace gemma4 {

// The defaults for NULL. kUnsupported for what this version does not know.
inline StatusOr<gemma4_step_params> StepParamsOf(const gemma4_step_params* params) {
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, ReadParams(params));
  if (known.time_budget_us != 0) {
    return Status::Unsupported(
        "time_budget_us is %llu; this version has no time budgets: 0 is the only value",
        static_cast<unsigned long long>(known.time_budget_us));
  }
  return known;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_STEP_PARAMS_H_
