// What a session tells while it works.
#ifndef GEMMA4_LIB_SESSION_EVENT_H_
#define GEMMA4_LIB_SESSION_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/sampling/logprobs.h"

namespace gemma4 {

// The numbers are those of include/gemma4/event.h.
enum class EventKind : int32_t {
  kNone = 0,
  kPending = 1,
  kPrefill = 2,
  kText = 3,
  kEnd = 4,
  kThought = 5,
  kToolCall = 6,
  kContextSlid = 7,
};
enum class EndReason : int32_t {
  kNone = 0,
  kStopToken = 1,
  kMaxTokens = 2,
  kContextFull = 3,
  kStopString = 4,
  kToolCalls = 5,
  kComplete = 6,
};

// Texts live until the session's next call.
struct Event {
  EventKind kind = EventKind::kNone;
  EndReason end_reason = EndReason::kNone;
  // Of a token that was made: the event that it led to has its id, further ones have -1. kEnd: the
  // stop token, if there was one.
  int32_t token_id = -1;
  std::string_view text = "";  // kText, kThought: whole code points
  bool is_malformed = false;   // kText: was written as a tool call, and is none

  // kToolCall
  std::string_view tool_name = "";
  std::string_view tool_arguments = "";  // a JSON object
  int32_t tool_call_id = -1;             // counts the calls of a turn from 0

  size_t num_tokens_done = 0;     // kPrefill, kPending: tokens of the prompt that were run,
  size_t num_tokens_total = 0;    // of all that were appended for it,
  size_t num_tokens_reused = 0;   // after so many that were in the cache already
  size_t num_tokens_dropped = 0;  // kContextSlid

  // Of token_id, where the session's options ask for them.
  float logprob = 0.0f;
  std::span<const TokenLogprob> top_logprobs;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_EVENT_H_
