// The names of the control tokens that Gemma 4's chat format is made of.
#ifndef GEMMA4_LIB_TEXT_CHAT_CONTROL_TOKENS_H_
#define GEMMA4_LIB_TEXT_CHAT_CONTROL_TOKENS_H_

#include <string_view>

namespace gemma4 {

inline constexpr std::string_view kBos = "<bos>";
inline constexpr std::string_view kEos = "<eos>";
inline constexpr std::string_view kBeginTurn = "<|turn>";
inline constexpr std::string_view kEndTurn = "<turn|>";
inline constexpr std::string_view kThink = "<|think|>";
inline constexpr std::string_view kBeginChannel = "<|channel>";
inline constexpr std::string_view kEndChannel = "<channel|>";
inline constexpr std::string_view kBeginTool = "<|tool>";
inline constexpr std::string_view kEndTool = "<tool|>";
inline constexpr std::string_view kBeginToolCall = "<|tool_call>";
inline constexpr std::string_view kEndToolCall = "<tool_call|>";
inline constexpr std::string_view kBeginToolResponse = "<|tool_response>";
inline constexpr std::string_view kEndToolResponse = "<tool_response|>";
inline constexpr std::string_view kQuote = "<|\"|>";

// One of these stands where the soft tokens of an image, a sound or a video come.
inline constexpr std::string_view kImage = "<|image|>";
inline constexpr std::string_view kAudio = "<|audio|>";
inline constexpr std::string_view kVideo = "<|video|>";

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CONTROL_TOKENS_H_
