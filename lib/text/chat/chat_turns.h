// ChatTurns: single turns of a conversation as token ids, to be appended to what a session holds.
#ifndef GEMMA4_LIB_TEXT_CHAT_CHAT_TURNS_H_
#define GEMMA4_LIB_TEXT_CHAT_CHAT_TURNS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/json/json_value.h"
#include "lib/text/chat/chat_prompt.h"
#include "lib/text/chat/chat_variant.h"
#include "lib/text/chat/turn_parser.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

// Where a conversation stands before something is appended.
enum class ChatPlace : uint8_t {
  kStart,          // nothing yet: <bos> comes first
  kTurnOpen,       // the model's turn is not closed
  kTurnClosed,     // the last token is <turn|>
  kAfterTurn,      // the last turn is closed and its newline written
  kCallOpen,       // the last token is <|tool_response>: the model waits for it, its turn is open
  kAfterResponse,  // behind a tool's response; the model's turn is open
};

// A part of a user's turn; media stand as one placeholder each.
struct ChatPart {
  enum class Kind : uint8_t { kText, kImage, kAudio, kVideo };

  Kind kind = Kind::kText;
  std::string_view text = {};  // of kText
};

// What the system turn holds. An absent text is an empty one.
struct SystemTurn {
  std::string_view text = {};
  const JsonValue* tools = nullptr;  // a list of OpenAI tools, null or nothing
  bool enable_thinking = false;
};

// Each function appends to `ids` what RenderChat() has at that place, so that the turns of a
// conversation, with the model's own tokens between them, are the ids of the whole conversation.
// Two things differ, because a session keeps what the model has seen: thoughts of earlier turns
// stay, the empty one of the large template included, and a turn that was closed is not opened
// again.
//
// Contents are trimmed as the templates do it, and encoded as data. On error `ids` is as it was.
// Immutable; copies are cheap. The tokenizer must outlive it.
class ChatTurns {
 public:
  // kUnsupported names the control token that the vocabulary lacks. Tokens for tools and media may
  // be absent; they are asked for where they are used.
  static StatusOr<ChatTurns> Create(const Tokenizer& tokenizer, ChatVariant variant);

  // <bos><|turn>system\n … <turn|>\n at the start; afterwards the place is kAfterTurn.
  Status AppendSystemTurn(const SystemTurn& turn, std::vector<int32_t>* ids) const;

  // Closes what is open, then <|turn>user\n … <turn|>\n; afterwards the place is kAfterTurn.
  Status AppendUserTurn(ChatPlace place, std::span<const ChatPart> parts,
                        std::vector<int32_t>* ids) const;

  // An answer of the model that is known already: <|turn>model\n TEXT <turn|>\n, without thoughts
  // in the text. At kCallOpen and kAfterResponse it continues the open turn. Afterwards the place
  // is kAfterTurn.
  Status AppendModelTurn(ChatPlace place, std::string_view text, std::vector<int32_t>* ids) const;

  // response:NAME{…}<tool_response|>, behind its opener, which is there at kCallOpen and written
  // otherwise. `value` is an object, or is shown as {value:…}. kInvalidArgument where the model's
  // turn is not open. Afterwards the place is kAfterResponse.
  Status AppendToolResponse(ChatPlace place, std::string_view name, const JsonValue& value,
                            std::vector<int32_t>* ids) const;

  // What the model goes on from: opens its turn if it is not open, and, behind a response with
  // thinking on, a thought. Afterwards the place is kTurnOpen.
  Status AppendGenerationPrompt(ChatPlace place, bool enable_thinking,
                                std::vector<int32_t>* ids) const;

  // Where the model starts after AppendGenerationPrompt(place, enable_thinking).
  TurnStart StartAfterPrompt(ChatPlace place, bool enable_thinking) const;

  // Where the ids leave off; as a turn's newline is looked at, this is exact for what this class
  // and a model append.
  ChatPlace PlaceAfter(std::span<const int32_t> ids) const;

  // Whether the last turn of `ids` has no end, or nothing after it.
  bool LastTurnIsOpen(std::span<const int32_t> ids) const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  ChatVariant variant() const { return variant_; }
  int32_t begin_of_turn_id() const { return begin_turn_; }
  int32_t end_of_turn_id() const { return end_turn_; }

 private:
  // Closes what is open at `place`, so that a turn may begin.
  static void AddClosing(ChatPlace place, ChatPrompt* prompt);

  const Tokenizer* tokenizer_ = nullptr;
  ChatVariant variant_ = ChatVariant::kSmall;
  int32_t begin_turn_ = -1;           // <|turn>
  int32_t end_turn_ = -1;             // <turn|>
  int32_t begin_tool_response_ = -1;  // -1 if there is none
  int32_t end_tool_response_ = -1;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CHAT_TURNS_H_
