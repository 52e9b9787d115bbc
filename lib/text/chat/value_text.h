// Values in the notation of tool calls, responses and declarations.
#ifndef GEMMA4_LIB_TEXT_CHAT_VALUE_TEXT_H_
#define GEMMA4_LIB_TEXT_CHAT_VALUE_TEXT_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/json/json_value.h"
#include "lib/text/chat/chat_prompt.h"

namespace gemma4 {

// Indices of the members of `object` in the order in which the templates print them (Jinja's
// dictsort): by lower-case key, equal ones as they came.
std::vector<size_t> SortedMembers(const JsonValue& object);

// null, true, 1, 15.0, <|"|>text<|"|>, [a,b], {key:value}. Keys of maps are bare, or strings.
enum class KeyStyle { kBare, kQuoted };
void AddValue(const JsonValue& value, KeyStyle keys, ChatPrompt* prompt);

// key:value,key:value
void AddMembers(const JsonValue& object, KeyStyle keys, ChatPrompt* prompt);

// response:NAME{key:value,…} of an object, response:NAME{value:VALUE} of anything else, without the
// <|tool_response> before and with the <tool_response|> after it.
void AddToolResponse(std::string_view name, const JsonValue& response, ChatPrompt* prompt);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_VALUE_TEXT_H_
