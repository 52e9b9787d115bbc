// Prints a reply while the model makes it: text and tool calls on standard output, thoughts on
// standard error.
#ifndef GEMMA4_TOOLS_GEMMA4_REPLY_PRINTER_H_
#define GEMMA4_TOOLS_GEMMA4_REPLY_PRINTER_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {

// What one generation told.
struct Reply {
  using Clock = std::chrono::steady_clock;

  std::string text;  // without thoughts and tool calls
  gemma4_end_reason end_reason = GEMMA4_END_NONE;
  size_t num_prompt_tokens = 0;
  size_t num_new_tokens = 0;
  size_t num_thought_tokens = 0;  // of the new ones
  size_t num_dropped_tokens = 0;  // forgotten by a full context
  bool has_malformed_call = false;
  Clock::time_point begin;
  Clock::time_point first_token;
  Clock::time_point end;
};

// Generates, and prints as it goes on. A tool call is a line
//   {"tool_call": {"name": …, "arguments": {…}}}
// `reply` is what was told, also where it throws: Interrupted after Ctrl-C, CommandError for an
// error and for a standard output that takes no more.
void PrintReply(gemma4_session* session, Reply& reply);

// "prompt 12 tokens, first token after 30 ms; reply 9 tokens, 80.0 tokens/s", and, where any were,
// "; 12.3 MB read from storage in 40 page faults since the start": the price of weights that are
// not in memory, or that it has no room for.
std::string DescribeStats(const Reply& reply);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_REPLY_PRINTER_H_
