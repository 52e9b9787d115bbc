// The text of a tool call, as a model writes it, to the call's name and its arguments as JSON.
#ifndef GEMMA4_LIB_TEXT_CHAT_TOOL_CALL_TEXT_H_
#define GEMMA4_LIB_TEXT_CHAT_TOOL_CALL_TEXT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gemma4 {

struct ToolCall {
  std::string name;       // letters, digits, _ - . :
  std::string arguments;  // a JSON object; UTF-8
};

// Reads `call:NAME{key:value,…}`. `quotes` are the offsets in `bytes`, in order, at which a <|"|>
// stands between two bytes: what is between two of them is a string as it is, and need not be
// UTF-8.
//
// Read besides what a model should write: white space between things, strings and keys in JSON's
// quotes, and values that are words: text up to the next comma or closing bracket. Anything else,
// also nesting deeper than kMaxToolCallDepth, is no call.
std::optional<ToolCall> ParseToolCall(std::string_view bytes, std::span<const size_t> quotes);

inline constexpr size_t kMaxToolCallDepth = 64;

// What may stand in a call's name.
bool IsToolNameByte(char byte);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_TOOL_CALL_TEXT_H_
