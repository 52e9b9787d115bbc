// A whole conversation to its prompt, byte for byte as the published chat templates give it.
#ifndef GEMMA4_LIB_TEXT_CHAT_RENDER_CHAT_H_
#define GEMMA4_LIB_TEXT_CHAT_RENDER_CHAT_H_

#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/text/chat/chat_prompt.h"
#include "lib/text/chat/chat_request.h"
#include "lib/text/chat/chat_variant.h"

namespace gemma4 {

// The templates of 2026-07-09. `variant` counts, not request.variant. What they raise an error for
// is kInvalidArgument and names the place, but for the arguments of a call that are a JSON string:
// where it holds an object, that is rendered.
StatusOr<ChatPrompt> RenderChat(const ChatRequest& request, ChatVariant variant);

// A model's text without its thoughts and the white space around it: every <|channel>…<channel|>
// goes; an opener without a closer takes what is left, a closer without an opener only itself.
std::string WithoutThoughts(std::string_view text);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_RENDER_CHAT_H_
