// ChatRequest: a conversation as JSON, the way chat APIs write it.
#ifndef GEMMA4_LIB_TEXT_CHAT_CHAT_REQUEST_H_
#define GEMMA4_LIB_TEXT_CHAT_CHAT_REQUEST_H_

#include <optional>
#include <string_view>

#include "lib/base/status.h"
#include "lib/json/json_value.h"
#include "lib/text/chat/chat_variant.h"

namespace gemma4 {

struct ChatRequest {
  JsonValue messages;  // a list of objects, each with a "role" that is a string
  JsonValue tools;     // null, or a list
  bool add_generation_prompt = false;
  bool enable_thinking = false;
  bool preserve_thinking = false;      // show the reasoning of earlier turns beside their calls
  std::optional<ChatVariant> variant;  // "template": "small" or "large"; "auto" leaves it open
};

// {"messages": […], "tools": […], "add_generation_prompt": …, "enable_thinking": …,
// "preserve_thinking": …, "template": …}; all but the messages may be absent or null, and other
// members are not looked at. Messages name the place: `messages[2].role is a number; …`.
StatusOr<ChatRequest> ParseChatRequest(std::string_view json);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CHAT_REQUEST_H_
