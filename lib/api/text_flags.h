// gemma4_text_flags as the core's TextOptions.
#ifndef GEMMA4_LIB_API_TEXT_FLAGS_H_
#define GEMMA4_LIB_API_TEXT_FLAGS_H_

#include <gemma4/tokenizer.h>

#include "lib/base/status.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

// kUnsupported for a flag that this version does not know.
inline StatusOr<TextOptions> TextOptionsOf(gemma4_text_flags flags) {
  constexpr gemma4_text_flags kKnown = GEMMA4_TEXT_ADD_BOS | GEMMA4_TEXT_PARSE_SPECIAL;
  if ((flags & ~kKnown) != 0) {
    return Status::Unsupported("flags is %u; this version knows no other than %u", flags, kKnown);
  }
  return TextOptions{.add_bos = (flags & GEMMA4_TEXT_ADD_BOS) != 0,
                     .parse_special = (flags & GEMMA4_TEXT_PARSE_SPECIAL) != 0};
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_TEXT_FLAGS_H_
