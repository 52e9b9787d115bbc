// ChatTemplate: turns of a conversation as token ids, in Gemma 4's chat format (docs/gemma4.md).
#ifndef GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_
#define GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/text/chat/chat_variant.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

// Where a conversation stands before a turn is added.
enum class ChatPlace : uint8_t {
  kStart,       // nothing yet: <bos> comes first
  kTurnOpen,    // the model's turn is not closed
  kTurnClosed,  // the last token is <turn|>
  kAfterTurn,   // the last turn is closed and its newline written
};

// Immutable; copies are cheap. The tokenizer must outlive it.
class ChatTemplate {
 public:
  // kUnsupported names the control token that the vocabulary lacks.
  static StatusOr<ChatTemplate> Create(const Tokenizer& tokenizer, ChatVariant variant);

  // Contents are trimmed and encoded as data. On error `ids` is as it was.
  //
  // <bos><|turn>system\n TEXT <turn|>\n; afterwards the place is kAfterTurn.
  Status AppendSystemTurn(std::string_view text, std::vector<int32_t>* ids) const;

  // Closes what is open, then <|turn>user\n TEXT <turn|>\n<|turn>model\n; afterwards the model's
  // turn is open.
  Status AppendUserTurn(ChatPlace place, std::string_view text, std::vector<int32_t>* ids) const;

  // Whether the last turn of `ids` has no end, or nothing after it.
  bool LastTurnIsOpen(std::span<const int32_t> ids) const;

  int32_t end_of_turn_id() const { return end_turn_; }

 private:
  // A piece of a prompt: one control token, or text that is encoded as data.
  struct Segment {
    Segment(int32_t id) : control_id(id) {}               // NOLINT: implicit
    Segment(std::string_view content) : text(content) {}  // NOLINT: implicit
    Segment(const char* content) : text(content) {}       // NOLINT: implicit

    int32_t control_id = -1;
    std::string_view text;
  };

  Status AppendSegments(std::initializer_list<Segment> segments, std::vector<int32_t>* ids) const;

  const Tokenizer* tokenizer_ = nullptr;
  ChatVariant variant_ = ChatVariant::kSmall;
  int32_t begin_turn_ = -1;     // <|turn>
  int32_t end_turn_ = -1;       // <turn|>
  int32_t begin_channel_ = -1;  // <|channel>
  int32_t end_channel_ = -1;    // <channel|>
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_
