// UTF-8, checked where text enters the library.
#ifndef GEMMA4_LIB_BASE_UTF8_H_
#define GEMMA4_LIB_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/status.h"

namespace gemma4 {

// kInvalidUtf8 with the offset of the first byte that is not UTF-8 (RFC 3629: no surrogates, no
// overlong forms, nothing past U+10FFFF). NUL is a character like any other.
Status CheckUtf8(std::string_view text);

// How the bytes at the start of `text` continue.
struct Utf8Prefix {
  enum Kind : uint8_t {
    kComplete,    // the first `size` bytes are one code point
    kIncomplete,  // all bytes of `text` may be the beginning of one
    kInvalid,     // the first `size` bytes are a maximal ill-formed part
  } kind;
  size_t size;
};

// REQUIRES: text is not empty. "Maximal ill-formed part" is Unicode's maximal subpart of an
// ill-formed subsequence (Unicode 15, 3.9): what becomes one U+FFFD.
Utf8Prefix ClassifyUtf8(std::string_view text);

// Bytes of the code point at the start of `text`; 0 if there is none.
size_t Utf8CharacterBytes(std::string_view text);

// The code point that these bytes are. REQUIRES: exactly one, complete.
uint32_t DecodeUtf8(std::string_view code_point);

// All code points of `text`; none where it is not UTF-8.
std::optional<std::u32string> CodePointsOf(std::string_view text);

// REQUIRES: a code point that is not a surrogate.
void AppendUtf8(uint32_t code_point, std::string* text);

// `text` without the white space at both ends that Python's str.strip() takes off: Unicode's, with
// U+001C ... U+001F. REQUIRES: UTF-8.
std::string_view TrimWhitespace(std::string_view text);

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_UTF8_H_
