#include "lib/base/one_line.h"

#include "lib/base/utf8.h"

namespace gemma4 {

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
