// ChatTemplate: a system's and a user's turn of plain text, with the opening of the model's answer.
#ifndef GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_
#define GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/status.h"
#include "lib/text/chat/chat_turns.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

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
  bool LastTurnIsOpen(std::span<const int32_t> ids) const { return turns_.LastTurnIsOpen(ids); }

  int32_t end_of_turn_id() const { return turns_.end_of_turn_id(); }

 private:
  explicit ChatTemplate(ChatTurns turns) : turns_(std::move(turns)) {}

  ChatTurns turns_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_TEMPLATE_H_
