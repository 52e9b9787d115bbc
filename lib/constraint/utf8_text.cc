#include "lib/constraint/utf8_text.h"

#include <cstddef>
#include <cstdint>

#include "lib/constraint/char_decoder.h"

namespace gemma4::constraint {

std::optional<std::u32string> DecodeUtf8(std::string_view bytes) {
  std::u32string text;
  CharDecoder decoder;
  for (const char byte : bytes) {
    char32_t c = 0;
    switch (decoder.Read(static_cast<uint8_t>(byte), /*has_escapes=*/false, &c)) {
      case CharDecoder::Result::kRefused: return std::nullopt;
      case CharDecoder::Result::kPartial: break;
      case CharDecoder::Result::kChar: text += c;
    }
  }
  if (!decoder.is_at_boundary()) return std::nullopt;
  return text;
}

std::string ForMessage(std::string_view text) {
  constexpr size_t kMaxBytes = 120;
  std::string line;
  CharDecoder decoder;
  size_t begin = 0;  // of the code point being read
  for (size_t i = 0; i < text.size() && line.size() < kMaxBytes; ++i) {
    char32_t c = 0;
    const CharDecoder::Result result =
        decoder.Read(static_cast<uint8_t>(text[i]), /*has_escapes=*/false, &c);
    if (result == CharDecoder::Result::kPartial) continue;
    if (result == CharDecoder::Result::kRefused) {
      line += '?';
      decoder = CharDecoder();
    } else if (c < 0x20 || c == 0x7F) {
      line += ' ';
    } else {
      line += text.substr(begin, i + 1 - begin);
    }
    begin = i + 1;
  }
  if (begin < text.size()) line += "...";
  return line;
}

}  // namespace gemma4::constraint
