#include "lib/text/chat_template.h"

#include <algorithm>
#include <optional>
#include <string>

#include "lib/text/utf8.h"

namespace gemma4 {

StatusOr<ChatTemplate> ChatTemplate::Create(const Tokenizer& tokenizer, ChatVariant variant) {
  ChatTemplate chat;
  chat.tokenizer_ = &tokenizer;
  chat.variant_ = variant;
  struct {
    const char* text;
    int32_t* id;
  } const needed[] = {{"<|turn>", &chat.begin_turn_},
                      {"<turn|>", &chat.end_turn_},
                      {"<|channel>", &chat.begin_channel_},
                      {"<channel|>", &chat.end_channel_}};
  for (const auto& [text, id] : needed) {
    const std::optional<int32_t> found = tokenizer.ControlId(text);
    if (!found.has_value()) {
      return Status::Unsupported(
          "the tokenizer has no control token %s: chat needs it, plain prompts work", text);
    }
    *id = *found;
  }
  return chat;
}

Status ChatTemplate::AppendSystemTurn(std::string_view text, std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(text));
  return AppendSegments(
      {tokenizer_->bos_token_id(), begin_turn_, "system\n", TrimWhitespace(text), end_turn_, "\n"},
      ids);
}

bool ChatTemplate::LastTurnIsOpen(std::span<const int32_t> ids) const {
  const auto begin = std::find(ids.rbegin(), ids.rend(), begin_turn_);
  if (begin == ids.rend()) return false;
  const auto end = std::find(ids.rbegin(), begin, end_turn_);
  return end == begin || end == ids.rbegin();
}

Status ChatTemplate::AppendUserTurn(ChatPlace place, std::string_view text,
                                    std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(text));
  const size_t before = ids->size();
  switch (place) {
    case ChatPlace::kStart: ids->push_back(tokenizer_->bos_token_id()); break;
    case ChatPlace::kTurnOpen:
      GEMMA4_RETURN_IF_ERROR(AppendSegments({end_turn_, "\n"}, ids));
      break;
    case ChatPlace::kTurnClosed: GEMMA4_RETURN_IF_ERROR(AppendSegments({"\n"}, ids)); break;
    case ChatPlace::kAfterTurn: break;
  }
  Status status = AppendSegments(
      {begin_turn_, "user\n", TrimWhitespace(text), end_turn_, "\n", begin_turn_, "model\n"}, ids);
  if (status.ok() && variant_ == ChatVariant::kLarge) {
    status = AppendSegments({begin_channel_, "thought\n", end_channel_}, ids);
  }
  if (!status.ok()) ids->resize(before);
  return status;
}

// Neighbouring texts are encoded as one: the template's "user\n" and a content are one text to the
// reference, too.
Status ChatTemplate::AppendSegments(std::initializer_list<Segment> segments,
                                    std::vector<int32_t>* ids) const {
  const size_t before = ids->size();
  std::string text;
  const auto flush = [&]() -> Status {
    const std::string pending = std::move(text);
    text.clear();
    return tokenizer_->Encode(pending, ids);
  };
  for (const Segment& segment : segments) {
    if (segment.control_id < 0) {
      text += segment.text;
      continue;
    }
    if (Status status = flush(); !status.ok()) {
      ids->resize(before);
      return status;
    }
    ids->push_back(segment.control_id);
  }
  Status status = flush();
  if (!status.ok()) ids->resize(before);
  return status;
}

}  // namespace gemma4
