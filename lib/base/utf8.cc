#include "lib/base/utf8.h"

namespace gemma4 {
namespace {

uint8_t Byte(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// Bytes of the code point that `lead` begins, 0 if it begins none; the range of the second byte.
struct Lead {
  size_t size;
  uint8_t second_min;
  uint8_t second_max;
};

// Unicode 15, table 3-7.
Lead ClassifyLead(uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

bool IsWhitespace(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

}  // namespace

uint32_t DecodeUtf8(std::string_view code_point) {
  const uint8_t lead = Byte(code_point, 0);
  uint32_t value = code_point.size() == 1   ? lead
                   : code_point.size() == 2 ? lead & 0x1Fu
                   : code_point.size() == 3 ? lead & 0x0Fu
                                            : lead & 0x07u;
  for (size_t i = 1; i < code_point.size(); ++i) value = value << 6 | (Byte(code_point, i) & 0x3Fu);
  return value;
}

void AppendUtf8(uint32_t code_point, std::string* text) {
  if (code_point < 0x80) {
    *text += static_cast<char>(code_point);
    return;
  }
  const int num_more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  const uint32_t lead = num_more == 1 ? 0xC0u : num_more == 2 ? 0xE0u : 0xF0u;
  *text += static_cast<char>(lead | code_point >> (6 * num_more));
  for (int i = num_more - 1; i >= 0; --i) {
    *text += static_cast<char>(0x80u | (code_point >> (6 * i) & 0x3Fu));
  }
}

Utf8Prefix ClassifyUtf8(std::string_view text) {
  const Lead lead = ClassifyLead(Byte(text, 0));
  if (lead.size == 0) return {Utf8Prefix::kInvalid, 1};
  for (size_t i = 1; i < lead.size; ++i) {
    if (i == text.size()) return {Utf8Prefix::kIncomplete, i};
    const uint8_t min = i == 1 ? lead.second_min : 0x80;
    const uint8_t max = i == 1 ? lead.second_max : 0xBF;
    if (Byte(text, i) < min || Byte(text, i) > max) return {Utf8Prefix::kInvalid, i};
  }
  return {Utf8Prefix::kComplete, lead.size};
}

size_t Utf8CharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  const Utf8Prefix prefix = ClassifyUtf8(text);
  return prefix.kind == Utf8Prefix::kComplete ? prefix.size : 0;
}

std::optional<std::u32string> CodePointsOf(std::string_view text) {
  std::u32string code_points;
  while (!text.empty()) {
    const size_t size = Utf8CharacterBytes(text);
    if (size == 0) return std::nullopt;
    code_points += static_cast<char32_t>(DecodeUtf8(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return code_points;
}

Status CheckUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Prefix prefix = ClassifyUtf8(text.substr(at));
    if (prefix.kind != Utf8Prefix::kComplete) {
      return Status::InvalidUtf8("the text of %zu bytes is not UTF-8: byte 0x%02x at offset %zu",
                                 text.size(), Byte(text, at), at);
    }
    at += prefix.size;
  }
  return Status::Ok();
}

std::string_view TrimWhitespace(std::string_view text) {
  while (!text.empty()) {
    const size_t size = ClassifyUtf8(text).size;
    if (!IsWhitespace(DecodeUtf8(text.substr(0, size)))) break;
    text.remove_prefix(size);
  }
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (Byte(text, begin) & 0xC0) == 0x80) --begin;
    if (!IsWhitespace(DecodeUtf8(text.substr(begin)))) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

}  // namespace gemma4
