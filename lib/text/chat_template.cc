#include "lib/text/chat_template.h"

namespace gemma4 {

StatusOr<ChatTemplate> ChatTemplate::Create(const Tokenizer& tokenizer, ChatVariant variant) {
  GEMMA4_ASSIGN_OR_RETURN(ChatTurns turns, ChatTurns::Create(tokenizer, variant));
  return ChatTemplate(std::move(turns));
}

Status ChatTemplate::AppendSystemTurn(std::string_view text, std::vector<int32_t>* ids) const {
  return turns_.AppendSystemTurn({.text = text}, ids);
}

Status ChatTemplate::AppendUserTurn(ChatPlace place, std::string_view text,
                                    std::vector<int32_t>* ids) const {
  const size_t before = ids->size();
  const ChatPart part = {.text = text};
  GEMMA4_RETURN_IF_ERROR(turns_.AppendUserTurn(place, {&part, 1}, ids));
  Status status =
      turns_.AppendGenerationPrompt(ChatPlace::kAfterTurn, /*enable_thinking=*/false, ids);
  if (!status.ok()) ids->resize(before);
  return status;
}

}  // namespace gemma4
