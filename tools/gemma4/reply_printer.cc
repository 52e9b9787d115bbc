#include "tools/gemma4/reply_printer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

namespace gemma4_tool {
namespace {

constexpr char kDim[] = "\033[2m";
constexpr char kNotDim[] = "\033[0m";

class Printer {
 public:
  explicit Printer(Reply& reply) : reply_(reply), dims_thoughts_(isatty(STDERR_FILENO) != 0) {}

  // False: nobody reads any more, or the disk is full; there is no use in going on.
  bool Print(const gemma4_event& event) {
    if (event.token_id >= 0 && event.kind != GEMMA4_EVENT_END) CountToken(event);
    switch (event.kind) {
      case GEMMA4_EVENT_PREFILL: reply_.num_prompt_tokens = event.num_tokens_total; return true;
      case GEMMA4_EVENT_CONTEXT_SLID:
        reply_.num_dropped_tokens += event.num_tokens_dropped;
        return true;
      case GEMMA4_EVENT_END: reply_.end_reason = event.end_reason; return true;
      case GEMMA4_EVENT_THOUGHT: PrintThought({event.text, event.text_size}); return true;
      case GEMMA4_EVENT_TOOL_CALL: return PrintToolCall(event);
      case GEMMA4_EVENT_TEXT:
        if (event.is_malformed != 0) reply_.has_malformed_call = true;
        reply_.text.append(event.text, event.text_size);
        return PrintText({event.text, event.text_size});
      default: return true;
    }
  }

  // What follows begins on a line of its own.
  bool EndLine() {
    EndThought();
    return !is_mid_line_ || PrintText("\n");
  }

 private:
  void CountToken(const gemma4_event& event) {
    if (reply_.num_new_tokens++ == 0) reply_.first_token = Reply::Clock::now();
    if (event.kind == GEMMA4_EVENT_THOUGHT) ++reply_.num_thought_tokens;
  }

  bool PrintText(std::string_view text) {
    if (text.empty()) return true;
    EndThought();
    is_mid_line_ = text.back() != '\n';
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
           std::fflush(stdout) == 0;
  }

  void PrintThought(std::string_view text) {
    if (text.empty()) return;
    if (!is_thinking_ && dims_thoughts_) std::fputs(kDim, stderr);
    is_thinking_ = true;
    thought_is_mid_line_ = text.back() != '\n';
    std::fwrite(text.data(), 1, text.size(), stderr);
  }

  void EndThought() {
    if (!is_thinking_) return;
    if (dims_thoughts_) std::fputs(kNotDim, stderr);
    if (thought_is_mid_line_) std::fputc('\n', stderr);
    is_thinking_ = false;
  }

  bool PrintToolCall(const gemma4_event& event) {
    using nlohmann::ordered_json;
    const std::string_view arguments(event.tool_arguments_json, event.tool_arguments_json_size);
    ordered_json line;
    ordered_json& call = line["tool_call"];
    call["name"] = std::string(event.tool_name, event.tool_name_size);
    call["arguments"] = ordered_json::parse(arguments);
    return EndLine() && PrintText(line.dump() + "\n");
  }

  Reply& reply_;
  const bool dims_thoughts_;
  bool is_mid_line_ = false;
  bool is_thinking_ = false;
  bool thought_is_mid_line_ = false;
};

double Seconds(Reply::Clock::time_point from, Reply::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

void PrintNotices(const Reply& reply) {
  if (reply.has_malformed_call) {
    std::fputs("gemma4: the model wrote a tool call that cannot be read\n", stderr);
  }
  if (reply.num_dropped_tokens > 0) {
    std::fprintf(stderr, "gemma4: the context was full; its oldest %zu tokens were forgotten\n",
                 reply.num_dropped_tokens);
  }
  if (reply.end_reason == GEMMA4_END_CONTEXT_FULL) {
    std::fputs("gemma4: the context is full (--context makes it longer)\n", stderr);
  }
}

}  // namespace

void PrintReply(gemma4_session* session, Reply& reply) {
  reply = Reply();
  reply.begin = Reply::Clock::now();
  Printer printer(reply);
  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.cancel = InterruptFlag();
  gemma4_event event = GEMMA4_EVENT_INIT;
  gemma4_status status = GEMMA4_OK;
  bool prints = true;
  do {
    status = gemma4_session_step(session, &step, &event);
    if (status == GEMMA4_OK) prints = printer.Print(event);
  } while (status == GEMMA4_OK && prints && event.kind != GEMMA4_EVENT_END);
  reply.end = Reply::Clock::now();
  // On a terminal what comes next begins on a line of its own.
  if (!printer.EndLine() || !prints) throw CommandError("cannot write to standard output");
  PrintNotices(reply);
  Check(status);
}

std::string DescribeStats(const Reply& reply) {
  char line[256];
  int size = std::snprintf(line, sizeof line, "prompt %zu tokens", reply.num_prompt_tokens);
  std::string described(line, static_cast<size_t>(size));
  if (reply.num_new_tokens == 0) return described + "; no reply";
  size = std::snprintf(line, sizeof line, ", first token after %.0f ms; reply %zu tokens",
                       Seconds(reply.begin, reply.first_token) * 1e3, reply.num_new_tokens);
  described.append(line, static_cast<size_t>(size));
  if (reply.num_thought_tokens > 0) {
    described += " (" + std::to_string(reply.num_thought_tokens) + " of them thoughts)";
  }
  if (reply.num_new_tokens > 1) {
    size = std::snprintf(
        line, sizeof line, ", %.1f tokens/s",
        static_cast<double>(reply.num_new_tokens - 1) / Seconds(reply.first_token, reply.end));
    described.append(line, static_cast<size_t>(size));
  }
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  if (usage.ru_majflt > 0) {
    constexpr double kBlockBytes = 512;  // of ru_inblock
    size = std::snprintf(
        line, sizeof line, "; %.1f MB read from storage in %ld page faults since the start",
        static_cast<double>(usage.ru_inblock) * kBlockBytes / 1e6, usage.ru_majflt);
    described.append(line, static_cast<size_t>(size));
  }
  return described;
}

}  // namespace gemma4_tool
