#include "lib/text/chat/tool_call_text.h"

#include "lib/json/json_text.h"
#include "lib/json/json_value.h"
#include "lib/text/stream_decoder.h"

namespace gemma4 {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Whether this is a number that JSON parsers take: also none that only an infinity could hold.
bool IsNumber(std::string_view text) {
  if (text.empty() || !(text.front() == '-' || IsDigit(text.front()))) return false;
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
  return ParseJsonValue(text).ok();
}

// Bytes that are not UTF-8 become U+FFFD.
void AppendAsString(std::string_view bytes, std::string* json) {
  std::string text;
  StreamDecoder decoder;
  decoder.Feed(bytes, &text);
  decoder.Finish(&text);
  AppendJsonString(text, json);
}

class CallReader {
 public:
  CallReader(std::string_view bytes, std::span<const size_t> quotes)
      : bytes_(bytes), quotes_(quotes) {}

  std::optional<ToolCall> Read();

 private:
  bool AtQuote() const { return num_quotes_ < quotes_.size() && quotes_[num_quotes_] == at_; }
  // Whether a byte comes next, and which.
  bool AtByte() const { return !AtQuote() && at_ < bytes_.size(); }
  bool AtByte(char byte) const { return AtByte() && bytes_[at_] == byte; }
  bool Take(char byte) {
    if (!AtByte(byte)) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (AtByte() && IsSpace(bytes_[at_])) ++at_;
  }

  bool ReadObject(size_t depth);
  bool ReadList(size_t depth);
  bool ReadKey();
  bool ReadValue(size_t depth);
  bool ReadQuoted();
  bool ReadJsonString();
  bool ReadWord();

  const std::string_view bytes_;
  const std::span<const size_t> quotes_;
  size_t at_ = 0;
  size_t num_quotes_ = 0;  // passed
  std::string json_;
};

std::optional<ToolCall> CallReader::Read() {
  constexpr std::string_view kCall = "call:";
  SkipSpace();
  for (const char c : kCall) {
    if (!Take(c)) return std::nullopt;
  }
  ToolCall call;
  while (AtByte() && IsToolNameByte(bytes_[at_])) call.name += bytes_[at_++];
  SkipSpace();
  if (call.name.empty() || !ReadObject(0)) return std::nullopt;
  SkipSpace();
  if (AtByte() || AtQuote()) return std::nullopt;
  call.arguments = std::move(json_);
  return call;
}

bool CallReader::ReadObject(size_t depth) {
  if (depth == kMaxToolCallDepth || !Take('{')) return false;
  json_ += '{';
  SkipSpace();
  for (bool is_first = true; !Take('}'); is_first = false) {
    if (!is_first) {
      if (!Take(',')) return false;
      json_ += ',';
    }
    if (!ReadKey() || !Take(':')) return false;
    json_ += ':';
    if (!ReadValue(depth)) return false;
  }
  json_ += '}';
  return true;
}

bool CallReader::ReadList(size_t depth) {
  if (depth == kMaxToolCallDepth || !Take('[')) return false;
  json_ += '[';
  SkipSpace();
  for (bool is_first = true; !Take(']'); is_first = false) {
    if (!is_first) {
      if (!Take(',')) return false;
      json_ += ',';
    }
    if (!ReadValue(depth)) return false;
  }
  json_ += ']';
  return true;
}

// Bare up to the colon, or a string.
bool CallReader::ReadKey() {
  SkipSpace();
  if (AtQuote()) {
    if (!ReadQuoted()) return false;
  } else if (AtByte('"')) {
    if (!ReadJsonString()) return false;
  } else {
    const size_t begin = at_;
    while (AtByte() && bytes_[at_] != ':') {
      if (std::string_view(",{}[]").find(bytes_[at_]) != std::string_view::npos) return false;
      ++at_;
    }
    AppendAsString(Trimmed(bytes_.substr(begin, at_ - begin)), &json_);
  }
  SkipSpace();
  return true;
}

bool CallReader::ReadValue(size_t depth) {
  SkipSpace();
  const bool is_read = AtQuote()     ? ReadQuoted()
                       : AtByte('"') ? ReadJsonString()
                       : AtByte('{') ? ReadObject(depth + 1)
                       : AtByte('[') ? ReadList(depth + 1)
                                     : ReadWord();
  SkipSpace();
  return is_read;
}

bool CallReader::ReadQuoted() {
  if (num_quotes_ + 1 >= quotes_.size()) return false;
  const size_t end = quotes_[num_quotes_ + 1];
  AppendAsString(bytes_.substr(at_, end - at_), &json_);
  at_ = end;
  num_quotes_ += 2;
  return true;
}

// Up to the quote that no backslash stands before. Escapes that JSON does not know, and line
// breaks, are taken as they are.
bool CallReader::ReadJsonString() {
  const size_t begin = at_++;
  bool is_escaped = false;
  for (;; ++at_) {
    if (!AtByte()) return false;
    if (!is_escaped && bytes_[at_] == '"') break;
    is_escaped = !is_escaped && bytes_[at_] == '\\';
  }
  const std::string_view quoted = bytes_.substr(begin, ++at_ - begin);
  const StatusOr<JsonValue> value = ParseJsonValue(quoted);
  if (value.ok()) {
    AppendAsString(value->text, &json_);
  } else {
    AppendAsString(quoted.substr(1, quoted.size() - 2), &json_);
  }
  return true;
}

// A number, true, false or null, or a string without quotes.
bool CallReader::ReadWord() {
  const size_t begin = at_;
  while (AtByte() && std::string_view(",}]").find(bytes_[at_]) == std::string_view::npos) {
    if (bytes_[at_] == '{' || bytes_[at_] == '[') return false;
    ++at_;
  }
  const std::string_view word = Trimmed(bytes_.substr(begin, at_ - begin));
  if (AtQuote() || word.empty()) return false;
  if (word == "true" || word == "false" || word == "null" || IsNumber(word)) {
    json_ += word;
  } else {
    AppendAsString(word, &json_);
  }
  return true;
}

}  // namespace

bool IsToolNameByte(char byte) {
  return IsDigit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '_' || byte == '-' || byte == '.' || byte == ':';
}

std::optional<ToolCall> ParseToolCall(std::string_view bytes, std::span<const size_t> quotes) {
  return CallReader(bytes, quotes).Read();
}

}  // namespace gemma4
