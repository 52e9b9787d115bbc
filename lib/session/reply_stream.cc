#include "lib/session/reply_stream.h"

#include <algorithm>
#include <utility>

namespace gemma4 {
namespace {

// Holds the text of nearly any event: a piece, or U+FFFD for each byte that was held back.
constexpr size_t kTextBytes = 1024;

TurnTokens TokensOf(const Tokenizer* tokenizer) {
  return tokenizer != nullptr ? TurnTokens::Of(*tokenizer) : TurnTokens();
}

}  // namespace

ReplyStream::ReplyStream(const Tokenizer* tokenizer,
                         std::shared_ptr<const StopStrings> stop_strings)
    : tokenizer_(tokenizer),
      stop_strings_(std::move(stop_strings)),
      parser_(TokensOf(tokenizer)),
      filter_(stop_strings_) {
  items_.resize(2);
  for (Item& item : items_) item.text.reserve(kTextBytes);
  scratch_.reserve(kTextBytes);
}

void ReplyStream::BeginRaw() {
  is_turn_ = false;
  decoder_ = StreamDecoder();
  filter_ = StopStringFilter(stop_strings_);
  found_stop_string_ = false;
  tool_names_.clear();
  first_ = count_ = 0;
}

void ReplyStream::BeginTurn(std::span<const int32_t> prompt, int32_t begin_of_turn_id) {
  BeginRaw();
  is_turn_ = true;
  parser_ = TurnParser(TokensOf(tokenizer_));
  const auto begin = std::find(prompt.rbegin(), prompt.rend(), begin_of_turn_id);
  for (size_t i = static_cast<size_t>(prompt.rend() - begin); i < prompt.size(); ++i) {
    parser_.Feed(prompt[i], BytesOf(prompt[i]));
  }
}

std::string_view ReplyStream::BytesOf(int32_t token_id) const {
  if (tokenizer_ == nullptr || static_cast<size_t>(token_id) >= tokenizer_->vocab_size()) return {};
  return tokenizer_->Bytes(token_id);
}

void ReplyStream::Feed(int32_t token_id) {
  if (first_ == count_) first_ = count_ = 0;
  const size_t before = count_;
  if (is_turn_) {
    AddPieces(parser_.Feed(token_id, BytesOf(token_id)));
  } else {
    scratch_.clear();
    decoder_.Feed(BytesOf(token_id), &scratch_);
    AddText(scratch_, /*is_malformed=*/false);
  }
  if (count_ == before) NewItem(in_thought() ? EventKind::kThought : EventKind::kText);
  items_[before].event.token_id = token_id;
}

void ReplyStream::Finish() {
  if (first_ == count_) first_ = count_ = 0;
  if (is_turn_) {
    const bool was_in_thought = parser_.in_thought();
    AddPieces(parser_.Finish());
    if (was_in_thought) parser_ = TurnParser(TokensOf(tokenizer_), TurnStart::kInThought);
  } else {
    scratch_.clear();
    decoder_.Finish(&scratch_);
    AddText(scratch_, /*is_malformed=*/false);
  }
  ReleaseText();
  found_stop_string_ = false;
}

void ReplyStream::AddPieces(std::span<const TurnPiece> pieces) {
  for (const TurnPiece& piece : pieces) {
    if (found_stop_string_) return;
    if (piece.kind == TurnPiece::Kind::kText) {
      AddText(piece.text, piece.is_malformed);
      continue;
    }
    ReleaseText();
    if (piece.kind == TurnPiece::Kind::kThought) {
      NewItem(EventKind::kThought).text = piece.text;
      continue;
    }
    Item& item = NewItem(EventKind::kToolCall);
    item.event.tool_call_id = static_cast<int32_t>(tool_names_.size());
    item.text = piece.text;
    item.tool_name = piece.name;
    tool_names_.push_back(piece.name);
  }
}

void ReplyStream::AddText(std::string_view text, bool is_malformed) {
  if (text.empty() || found_stop_string_) return;
  Item& item = NewItem(EventKind::kText);
  found_stop_string_ = filter_.Feed(text, &item.text).has_value();
  item.event.is_malformed = is_malformed;
  if (item.text.empty()) --count_;
}

// What the filter held back can be no stop string any more.
void ReplyStream::ReleaseText() {
  Item& item = NewItem(EventKind::kText);
  filter_.Finish(&item.text);
  if (item.text.empty() || found_stop_string_) --count_;
}

ReplyStream::Item& ReplyStream::NewItem(EventKind kind) {
  if (count_ == items_.size()) items_.emplace_back();
  Item& item = items_[count_++];
  item.event = Event();
  item.event.kind = kind;
  item.text.clear();
  item.tool_name.clear();
  return item;
}

Event ReplyStream::Next() {
  const Item& item = items_[first_++];
  Event event = item.event;
  if (event.kind == EventKind::kToolCall) {
    event.tool_name = item.tool_name;
    event.tool_arguments = item.text;
  } else {
    event.text = item.text;
  }
  return event;
}

}  // namespace gemma4
