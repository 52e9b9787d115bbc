// gemma4_load_params as the core's LoadOptions.
#ifndef GEMMA4_LIB_API_LOAD_OPTIONS_H_
#define GEMMA4_LIB_API_LOAD_OPTIONS_H_

#include <gemma4/model.h>

#include "lib/base/status.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

// The defaults for NULL. kUnsupported for what this version does not know.
StatusOr<LoadOptions> LoadOptionsOf(const gemma4_load_params* params);

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_LOAD_OPTIONS_H_
