#include "lib/text/chat/chat_prompt.h"

#include <optional>
#include <utility>

#include "lib/base/utf8.h"
#include "lib/text/chat/control_tokens.h"

namespace gemma4 {
namespace {

bool IsToken(const ChatPiece& piece) {
  return piece.kind == ChatPiece::Kind::kControl || piece.kind == ChatPiece::Kind::kMedia;
}

Status AppendIds(const Tokenizer& tokenizer, const std::vector<ChatPiece>& pieces,
                 std::vector<int32_t>* ids) {
  std::string text;
  for (const ChatPiece& piece : pieces) {
    if (!IsToken(piece)) {
      text += piece.text;
      continue;
    }
    GEMMA4_RETURN_IF_ERROR(tokenizer.Encode(text, ids));
    text.clear();
    const std::optional<int32_t> id = tokenizer.ControlId(piece.text);
    if (!id.has_value()) {
      return Status::Unsupported(
          "the tokenizer has no control token %s: chat needs it, plain prompts work",
          piece.text.c_str());
    }
    ids->push_back(*id);
  }
  return tokenizer.Encode(text, ids);
}

}  // namespace

void ChatPrompt::Add(ChatPiece::Kind kind, std::string_view text) {
  if (text.empty()) return;
  if (!pieces_.empty() && pieces_.back().kind == kind && !IsToken(pieces_.back())) {
    pieces_.back().text += text;
    return;
  }
  pieces_.push_back({kind, std::string(text)});
}

void ChatPrompt::AddQuoted(std::string_view text) {
  AddControl(kQuote);
  AddContent(text);
  AddControl(kQuote);
}

void ChatPrompt::Append(ChatPrompt&& other) {
  for (const ChatPiece& piece : other.pieces_) Add(piece.kind, piece.text);
}

bool ChatPrompt::IsVisible() const {
  for (const ChatPiece& piece : pieces_) {
    if (IsToken(piece) || !TrimWhitespace(piece.text).empty()) return true;
  }
  return false;
}

std::string ChatPrompt::Text() const {
  std::string text;
  for (const ChatPiece& piece : pieces_) text += piece.text;
  return text;
}

Status ChatPrompt::Encode(const Tokenizer& tokenizer, std::vector<int32_t>* ids) const {
  const size_t before = ids->size();
  Status status = AppendIds(tokenizer, pieces_, ids);
  if (!status.ok()) ids->resize(before);
  return status;
}

}  // namespace gemma4
