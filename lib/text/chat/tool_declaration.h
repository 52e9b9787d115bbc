// Tools, declared to the model in its system turn.
#ifndef GEMMA4_LIB_TEXT_CHAT_TOOL_DECLARATION_H_
#define GEMMA4_LIB_TEXT_CHAT_TOOL_DECLARATION_H_

#include <cstddef>

#include "lib/base/status.h"
#include "lib/json/json_value.h"
#include "lib/text/chat/chat_prompt.h"

namespace gemma4 {

// <|tool>declaration:NAME{…}<tool|> of an OpenAI tool, {"function": {"name", "description",
// "parameters", "response"}}. `index` is its place in the request, for messages.
//
// Of a schema only description, type, enum (of strings), items, nullable, properties and required
// are shown; that is the published template's choice, and so are its unbalanced braces where
// `parameters` has no type.
Status AddToolDeclaration(const JsonValue& tool, size_t index, ChatPrompt* prompt);

// Declares all; null and an empty list are none.
Status AddToolDeclarations(const JsonValue& tools, ChatPrompt* prompt);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_TOOL_DECLARATION_H_
