// Which models config.json may describe: the four text-producing Gemma 4 classes and no other.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_IDENTITY_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_IDENTITY_H_

#include <string>

#include "lib/base/status.h"
#include "lib/checkpoint/json/json_object.h"

namespace gemma4 {

struct ModelIdentity {
  std::string model_type;
  // gemma4_unified and gemma4_unified_text (the 12B), whose defaults differ.
  bool is_unified = false;
  // The decoder's keys are in text_config; false: the document itself is the text config.
  bool is_multimodal = false;
};

// Reads model_type and architectures. Anything else, a drafter or Gemma 3 for instance, is
// kUnsupported with a sentence that says what it is.
StatusOr<ModelIdentity> IdentifyModel(const JsonObject& config);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_MODEL_IDENTITY_H_
