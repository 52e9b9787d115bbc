// ChatVariant: which of the two published chat templates a model has.
#ifndef GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_
#define GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_

#include <cstdint>

namespace gemma4 {

// With thinking off the large one (12B, 26B-A4B, 31B) opens the model's turn with an empty thought;
// the small one (E2B, E4B) does not.
enum class ChatVariant : uint8_t { kSmall, kLarge };

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_
