// gemma4_session_params as the core's SessionOptions.
#ifndef GEMMA4_LIB_API_SESSION_OPTIONS_H_
#define GEMMA4_LIB_API_SESSION_OPTIONS_H_

#include <gemma4/session.h>

#include "lib/base/status.h"
#include "lib/model/model_config.h"
#include "lib/session/session.h"

namespace gemma4 {

// The same for the sampler alone, which is told here what a reply has to follow, too.
StatusOr<SamplerOptions> SamplerOptionsOf(const gemma4_sampler_params* params,
                                          const GenerationConfig& generation);
StatusOr<ConstraintOptions> ConstraintOptionsOf(const gemma4_sampler_params* params);

// The defaults for NULL; `generation` is what the model's own files say. kUnsupported for what this
// version does not know.
StatusOr<SessionOptions> SessionOptionsOf(const gemma4_session_params* params,
                                          const GenerationConfig& generation);

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_SESSION_OPTIONS_H_
