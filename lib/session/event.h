// What a session tells while it works.
#ifndef GEMMA4_LIB_SESSION_EVENT_H_
#define GEMMA4_LIB_SESSION_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gemma4 {

// The numbers are those of include/gemma4/event.h.
enum class EventKind : int32_t { kNone = 0, kPending = 1, kPrefill = 2, kText = 3, kEnd = 4 };
enum class EndReason : int32_t { kNone = 0, kStopToken = 1, kMaxTokens = 2, kContextFull = 3 };

struct Event {
  EventKind kind = EventKind::kNone;
  EndReason end_reason = EndReason::kNone;
  int32_t token_id = -1;        // kText: the token, -1 for what the decoder held back at the end;
                                // kEnd: the stop token, if there was one
  std::string_view text = "";   // kText: whole code points; valid until the session's next call
  size_t num_tokens_done = 0;   // kPrefill, kPending: tokens of the prompt that were run,
  size_t num_tokens_total = 0;  // of all that were appended for it
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_EVENT_H_
