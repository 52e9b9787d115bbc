// Text out of a file, made fit for a one-line message.
#ifndef GEMMA4_LIB_BASE_ONE_LINE_H_
#define GEMMA4_LIB_BASE_ONE_LINE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace gemma4 {

// Control characters and bytes that are not UTF-8 become \xHH, and what is longer than `max_bytes`
// ends in "...".
std::string CutToOneLine(std::string_view text, size_t max_bytes = 120);

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_ONE_LINE_H_
