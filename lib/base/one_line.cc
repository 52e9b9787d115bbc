#include "lib/base/one_line.h"

#include <cstdint>

namespace gemma4 {

size_t Utf8CharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const size_t size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < size) return 0;
  uint32_t code_point = byte(0) & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code_point = code_point << 6 | (byte(i) & 0x3Fu);
  }
  // Overlong forms, surrogates, and what lies past Unicode are not UTF-8.
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  return code_point < kSmallest[size] || is_surrogate || code_point > 0x10FFFF ? 0 : size;
}

std::string CutToOneLine(std::string_view text, size_t max_bytes) {
  std::string line;
  for (size_t i = 0; i < text.size();) {
    const size_t size = Utf8CharacterBytes(text.substr(i));
    if (i + size > max_bytes || i >= max_bytes) return line + "...";
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    if (size == 0 || byte < 0x20 || byte == 0x7F) {
      constexpr char kHex[] = "0123456789abcdef";
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      ++i;
    } else {
      line += text.substr(i, size);
      i += size;
    }
  }
  return line;
}

}  // namespace gemma4
