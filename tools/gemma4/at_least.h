// A check of whole numbers that says in few words what is allowed.
#ifndef GEMMA4_TOOLS_GEMMA4_AT_LEAST_H_
#define GEMMA4_TOOLS_GEMMA4_AT_LEAST_H_

#include <CLI/CLI.hpp>
#include <string>

namespace gemma4_tool {

// Refuses what is no whole number, or less than `least`, before it becomes an unsigned one.
inline CLI::Validator AtLeast(int least) {
  return CLI::Validator(
      [least](const std::string& text) -> std::string {
        const bool digits =
            !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        const bool is_zero = text.find_first_not_of('0') == std::string::npos;
        if (digits && (least == 0 || !is_zero)) return "";
        return "it is \"" + text + "\"; it must be a whole number, at least " +
               std::to_string(least);
      },
      "");
}

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_AT_LEAST_H_
