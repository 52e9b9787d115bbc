#include "lib/text/chat/turn_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/text/chat/control_tokens.h"
#include "lib/text/chat/tool_call_text.h"

namespace gemma4 {
namespace {

constexpr std::string_view kThoughtHeader = "thought\n";
constexpr std::string_view kCall = "call:";

// A channel's name or a tool's that is longer is none.
constexpr size_t kMaxChannelBytes = 32;
constexpr size_t kMaxBareCallBytes = 256;

// More than any token of the vocabulary has, and its U+FFFD.
constexpr size_t kPieceBytes = 512;

bool IsChannelByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

// Whether `text` is the beginning of `call:NAME{`.
bool MayBeCall(std::string_view text) {
  if (text.size() > kMaxBareCallBytes) return false;
  const size_t shared = std::min(text.size(), kCall.size());
  if (text.substr(0, shared) != kCall.substr(0, shared)) return false;
  std::string_view name = text.substr(shared);
  if (name.size() > 1 && name.back() == '{') name.remove_suffix(1);
  for (const char byte : name) {
    if (!IsToolNameByte(byte)) return false;
  }
  return true;
}

}  // namespace

TurnTokens TurnTokens::Of(const Tokenizer& tokenizer) {
  const auto id = [&](std::string_view name) { return tokenizer.ControlId(name).value_or(-1); };
  return {.begin_channel = id(kBeginChannel),
          .end_channel = id(kEndChannel),
          .begin_tool_call = id(kBeginToolCall),
          .end_tool_call = id(kEndToolCall),
          .quote = id(kQuote),
          .end_turn = id(kEndTurn),
          .begin_tool_response = id(kBeginToolResponse),
          .eos = id(kEos)};
}

TurnParser::TurnParser(const TurnTokens& tokens, TurnStart start)
    : tokens_(tokens),
      state_(start == TurnStart::kInThought      ? State::kThoughtBegin
             : start == TurnStart::kAfterThought ? State::kAfterThought
                                                 : State::kText) {}

std::span<const TurnPiece> TurnParser::Feed(int32_t id, std::string_view bytes) {
  num_pieces_ = 0;
  const bool is_token = id >= 0;
  const bool in_call = state_ == State::kCall || state_ == State::kBareCall;
  if (is_token && id == tokens_.begin_channel) {
    Leave(State::kHeader);
  } else if (is_token && id == tokens_.end_channel) {
    Leave(State::kAfterThought);
  } else if (is_token && id == tokens_.begin_tool_call) {
    Leave(State::kCall);
  } else if (is_token && id == tokens_.end_tool_call) {
    if (in_call) {
      EmitCall(/*is_closed=*/true);
      state_ = State::kText;
    }  // else of a call that has ended, or of none
  } else if (is_token &&
             (id == tokens_.end_turn || id == tokens_.begin_tool_response || id == tokens_.eos)) {
    Leave(State::kText);
  } else if (is_token && id == tokens_.quote && in_call) {
    call_quotes_.push_back(call_.size());
  } else {
    FeedBytes(bytes);
  }
  return {pieces_.data(), num_pieces_};
}

std::span<const TurnPiece> TurnParser::Finish() {
  num_pieces_ = 0;
  Leave(State::kText);
  return {pieces_.data(), num_pieces_};
}

void TurnParser::FeedBytes(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    switch (state_) {
      case State::kText: return Emit(TurnPiece::Kind::kText, bytes.substr(i));
      case State::kThought: return Emit(TurnPiece::Kind::kThought, bytes.substr(i));
      case State::kCall: call_ += bytes.substr(i); return;
      case State::kAfterThought: FeedAfterThought(bytes[i]); break;
      case State::kHeader: FeedHeader(bytes[i]); break;
      case State::kThoughtBegin: FeedThoughtBegin(bytes[i]); break;
      case State::kBareCall: FeedBareCall(bytes[i]); break;
    }
  }
}

void TurnParser::FeedAfterThought(char byte) {
  if (held_.empty() && byte == '\n') return;
  held_ += byte;
  if (!MayBeCall(held_)) {
    state_ = State::kText;
    EmitHeld(TurnPiece::Kind::kText);
  } else if (byte == '{') {
    call_ = held_;
    call_quotes_.clear();
    call_depth_ = 1;
    in_json_string_ = false;
    last_byte_ = byte;
    held_.clear();
    state_ = State::kBareCall;
  }
}

void TurnParser::FeedHeader(char byte) {
  if (byte == '\n' && !held_.empty()) {
    held_.clear();
    state_ = State::kThoughtBegin;
    return;
  }
  held_ += byte;
  if (IsChannelByte(byte) && held_.size() <= kMaxChannelBytes) return;
  state_ = State::kThought;
  EmitHeld(TurnPiece::Kind::kThought);
}

void TurnParser::FeedThoughtBegin(char byte) {
  held_ += byte;
  if (held_ == kThoughtHeader) {
    held_.clear();
  } else if (!kThoughtHeader.starts_with(held_)) {
    state_ = State::kThought;
    EmitHeld(TurnPiece::Kind::kThought);
  }
}

// Finds the bracket that closes the call. Brackets in strings do not count: between two <|"|>, or
// in JSON's quotes where a key or a value begins.
void TurnParser::FeedBareCall(char byte) {
  call_ += byte;
  if (call_quotes_.size() % 2 == 1) return;
  if (in_json_string_) {
    if (last_byte_ == '\\') {
      last_byte_ = 0;  // an escaped byte, whatever it is
      return;
    }
    if (byte == '"') in_json_string_ = false;
    last_byte_ = byte;
    return;
  }
  if (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r') return;
  if (byte == '"' && std::string_view("{[:,").find(last_byte_) != std::string_view::npos) {
    in_json_string_ = true;
  }
  if (byte == '{' || byte == '[') ++call_depth_;
  if (byte == '}' || byte == ']') --call_depth_;
  last_byte_ = byte;
  if (call_depth_ > 0) return;
  EmitCall(/*is_closed=*/true);
  state_ = State::kAfterThought;  // another may follow
}

void TurnParser::Leave(State next) {
  switch (state_) {
    case State::kText: FinishDecoder(TurnPiece::Kind::kText); break;
    case State::kThought: FinishDecoder(TurnPiece::Kind::kThought); break;
    case State::kAfterThought:
      EmitHeld(TurnPiece::Kind::kText);
      FinishDecoder(TurnPiece::Kind::kText);
      break;
    case State::kThoughtBegin:
      EmitHeld(TurnPiece::Kind::kThought);
      FinishDecoder(TurnPiece::Kind::kThought);
      break;
    case State::kHeader:
      // `thought` and nothing behind it is an empty thought.
      if (kThoughtHeader.starts_with(held_)) break;
      EmitHeld(TurnPiece::Kind::kThought);
      FinishDecoder(TurnPiece::Kind::kThought);
      break;
    case State::kCall:
    case State::kBareCall: EmitCall(/*is_closed=*/false); break;
  }
  held_.clear();
  call_.clear();
  call_quotes_.clear();
  state_ = next;
}

TurnPiece& TurnParser::NewPiece(TurnPiece::Kind kind) {
  if (num_pieces_ == pieces_.size()) pieces_.emplace_back();
  TurnPiece& piece = pieces_[num_pieces_++];
  piece.kind = kind;
  piece.is_malformed = false;
  piece.text.clear();
  piece.name.clear();
  if (piece.text.capacity() < kPieceBytes) piece.text.reserve(kPieceBytes);
  return piece;
}

void TurnParser::Emit(TurnPiece::Kind kind, std::string_view bytes) {
  const bool continues = num_pieces_ > 0 && pieces_[num_pieces_ - 1].kind == kind &&
                         !pieces_[num_pieces_ - 1].is_malformed;
  TurnPiece& piece = continues ? pieces_[num_pieces_ - 1] : NewPiece(kind);
  decoder_.Feed(bytes, &piece.text);
  if (piece.text.empty()) --num_pieces_;
}

void TurnParser::EmitHeld(TurnPiece::Kind kind) {
  Emit(kind, held_);
  held_.clear();
}

void TurnParser::FinishDecoder(TurnPiece::Kind kind) {
  const bool continues = num_pieces_ > 0 && pieces_[num_pieces_ - 1].kind == kind &&
                         !pieces_[num_pieces_ - 1].is_malformed;
  TurnPiece& piece = continues ? pieces_[num_pieces_ - 1] : NewPiece(kind);
  decoder_.Finish(&piece.text);
  if (piece.text.empty()) --num_pieces_;
}

// `is_closed`: its end has been written; without one a call that is complete still counts.
void TurnParser::EmitCall(bool is_closed) {
  std::optional<ToolCall> call = ParseToolCall(call_, call_quotes_);
  if (call.has_value()) {
    TurnPiece& piece = NewPiece(TurnPiece::Kind::kToolCall);
    piece.name = std::move(call->name);
    piece.text = std::move(call->arguments);
  } else {
    std::string written;
    const bool is_bare = state_ == State::kBareCall;
    if (!is_bare) written += kBeginToolCall;
    size_t at = 0;
    for (const size_t quote : call_quotes_) {
      written += call_.substr(at, quote - at);
      written += kQuote;
      at = quote;
    }
    written += call_.substr(at);
    if (!is_bare && is_closed) written += kEndToolCall;
    TurnPiece& piece = NewPiece(TurnPiece::Kind::kText);
    piece.is_malformed = true;
    StreamDecoder decoder;
    decoder.Feed(written, &piece.text);
    decoder.Finish(&piece.text);
  }
  call_.clear();
  call_quotes_.clear();
}

}  // namespace gemma4
