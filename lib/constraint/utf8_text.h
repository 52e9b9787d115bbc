// UTF-8 to code points, as names, patterns and grammars need it.
#ifndef GEMMA4_LIB_CONSTRAINT_UTF8_TEXT_H_
#define GEMMA4_LIB_CONSTRAINT_UTF8_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace gemma4::constraint {

// None where `bytes` is not UTF-8.
std::optional<std::u32string> DecodeUtf8(std::string_view bytes);

// As much of `text` as a message can hold: one line of UTF-8.
std::string ForMessage(std::string_view text);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_UTF8_TEXT_H_
