// What a StopStringFilter must let out, worked out by looking at the whole text.
#ifndef GEMMA4_TESTS_TEXT_STOP_STRINGS_REFERENCE_H_
#define GEMMA4_TESTS_TEXT_STOP_STRINGS_REFERENCE_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gemma4 {

struct StopStringsReference {
  std::string_view out;           // of the text: what may be streamed
  std::optional<size_t> matched;  // the stop string that ended it
};

// After `text`, in however many pieces it came.
inline StopStringsReference FilterWholeText(std::span<const std::string_view> strings,
                                            std::string_view text) {
  for (size_t end = 1; end <= text.size(); ++end) {
    std::optional<size_t> longest;
    for (size_t i = 0; i < strings.size(); ++i) {
      if (text.substr(0, end).ends_with(strings[i]) &&
          (!longest || strings[i].size() > strings[*longest].size())) {
        longest = i;
      }
    }
    if (longest) return {text.substr(0, end - strings[*longest].size()), longest};
  }
  size_t held = 0;
  for (const std::string_view string : strings) {
    for (size_t size = 1; size < string.size(); ++size) {
      if (text.ends_with(string.substr(0, size))) held = std::max(held, size);
    }
  }
  return {text.substr(0, text.size() - held), std::nullopt};
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_TEXT_STOP_STRINGS_REFERENCE_H_
