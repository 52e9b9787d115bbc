// ChatVariant: which of the two published chat templates a model has.
#ifndef GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_
#define GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_

#include <cstdint>

#include "lib/model/model_config.h"

namespace gemma4 {

// With thinking off the large one (12B, 26B-A4B, 31B) opens the model's turn with an empty thought;
// the small one (E2B, E4B) does not.
enum class ChatVariant : uint8_t { kSmall, kLarge };

// The small one is that of the models with per-layer embeddings.
inline ChatVariant PublishedVariant(const ModelConfig& config) {
  return config.hidden_size_per_layer_input > 0 ? ChatVariant::kSmall : ChatVariant::kLarge;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CHAT_VARIANT_H_
