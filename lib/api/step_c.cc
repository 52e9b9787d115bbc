// include/gemma4/event.h, and of session.h what makes tokens.
#include <gemma4/event.h>
#include <gemma4/session.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"
#include "lib/api/params.h"
#include "lib/api/step_params.h"
#include "lib/session/step_many.h"

namespace gemma4 {
namespace {

static_assert(static_cast<int32_t>(EventKind::kPending) == GEMMA4_EVENT_PENDING);
static_assert(static_cast<int32_t>(EventKind::kPrefill) == GEMMA4_EVENT_PREFILL);
static_assert(static_cast<int32_t>(EventKind::kText) == GEMMA4_EVENT_TEXT);
static_assert(static_cast<int32_t>(EventKind::kEnd) == GEMMA4_EVENT_END);
static_assert(static_cast<int32_t>(EndReason::kStopToken) == GEMMA4_END_STOP_TOKEN);
static_assert(static_cast<int32_t>(EndReason::kMaxTokens) == GEMMA4_END_MAX_TOKENS);
static_assert(static_cast<int32_t>(EndReason::kContextFull) == GEMMA4_END_CONTEXT_FULL);
static_assert(static_cast<int32_t>(EventKind::kThought) == GEMMA4_EVENT_THOUGHT);
static_assert(static_cast<int32_t>(EventKind::kToolCall) == GEMMA4_EVENT_TOOL_CALL);
static_assert(static_cast<int32_t>(EventKind::kContextSlid) == GEMMA4_EVENT_CONTEXT_SLID);
static_assert(static_cast<int32_t>(EndReason::kStopString) == GEMMA4_END_STOP_STRING);
static_assert(static_cast<int32_t>(EndReason::kToolCalls) == GEMMA4_END_TOOL_CALLS);
static_assert(static_cast<int32_t>(EndReason::kComplete) == GEMMA4_END_COMPLETE);
// The list of a token's rivals is handed out as it is.
static_assert(sizeof(TokenLogprob) == sizeof(gemma4_token_logprob) &&
              offsetof(TokenLogprob, logprob) == offsetof(gemma4_token_logprob, logprob));

gemma4_event ToPublic(const Event& event, gemma4_status status = GEMMA4_OK) {
  gemma4_event out = GEMMA4_EVENT_INIT;
  out.status = status;
  out.kind = static_cast<gemma4_event_kind>(event.kind);
  out.end_reason = static_cast<gemma4_end_reason>(event.end_reason);
  out.token_id = event.token_id;
  out.text = event.text.data();
  out.text_size = event.text.size();
  out.num_tokens_done = event.num_tokens_done;
  out.num_tokens_total = event.num_tokens_total;
  out.num_tokens_reused = event.num_tokens_reused;
  out.num_tokens_dropped = event.num_tokens_dropped;
  out.tool_name = event.tool_name.data();
  out.tool_name_size = event.tool_name.size();
  out.tool_arguments_json = event.tool_arguments.data();
  out.tool_arguments_json_size = event.tool_arguments.size();
  out.tool_call_id = event.tool_call_id;
  out.is_malformed = event.is_malformed ? 1 : 0;
  out.logprob = event.logprob;
  out.num_top_logprobs = static_cast<int32_t>(event.top_logprobs.size());
  out.top_logprobs = reinterpret_cast<const gemma4_token_logprob*>(event.top_logprobs.data());
  return out;
}

Status Generate(gemma4_session* session, const gemma4_step_params* params,
                gemma4_event_callback callback, void* userdata) {
  GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, StepParamsOf(params));
  for (;;) {
    Event event;
    GEMMA4_RETURN_IF_ERROR(session->session->Step(StepOptionsOf(known), &event));
    const gemma4_event out = ToPublic(event);
    if (callback != nullptr && callback(&out, userdata) != 0) {
      return Status::Stopped("the callback stopped the generation");
    }
    if (event.kind == EventKind::kEnd) return Status::Ok();
  }
}

// The caller's array, whose elements are as long as the caller's headers say.
class Events {
 public:
  explicit Events(gemma4_event* events) : events_(events), struct_size_(events->struct_size) {}

  void Write(size_t index, const gemma4_event& value) {
    auto* event = reinterpret_cast<gemma4_event*>(reinterpret_cast<std::byte*>(events_) +
                                                  index * struct_size_);
    std::memcpy(static_cast<void*>(event), &struct_size_, sizeof(struct_size_));
    WriteStruct(value, event);
  }

 private:
  gemma4_event* events_;
  size_t struct_size_;
};

Status StepSessions(std::span<gemma4_session* const> handles, const gemma4_step_params* params,
                    gemma4_event* events) {
  GEMMA4_RETURN_IF_ERROR(RequireGiven(handles.data(), "sessions"));
  GEMMA4_RETURN_IF_ERROR(RequireGiven(events, "events"));
  GEMMA4_RETURN_IF_ERROR(CheckStruct(events));
  if (events->struct_size % alignof(gemma4_event) != 0) {
    return Status::InvalidArgument("events[0].struct_size is %zu; it must be a multiple of %zu",
                                   events->struct_size, alignof(gemma4_event));
  }
  if (handles.size() > kMaxPrefillChunkTokens) {
    return Status::InvalidArgument("num_sessions is %zu; at most %zu can share a pass",
                                   handles.size(), kMaxPrefillChunkTokens);
  }
  Events out(events);
  for (size_t i = 0; i < handles.size(); ++i) out.Write(i, GEMMA4_EVENT_INIT);
  std::vector<Session*> sessions;
  for (size_t i = 0; i < handles.size(); ++i) {
    if (handles[i] == nullptr) return Status::InvalidArgument("sessions[%zu] is NULL", i);
    sessions.push_back(handles[i]->session.get());
  }
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, StepParamsOf(params));
  std::vector<Event> told(sessions.size());
  std::vector<Status> results(sessions.size());
  StepMany step_many;
  Status status = step_many.Run(sessions, StepOptionsOf(known), told, results);
  for (size_t i = 0; i < sessions.size(); ++i) {
    const Status& result = results[i].ok() ? status : results[i];
    out.Write(i, ToPublic(told[i], static_cast<gemma4_status>(result.code())));
  }
  return status;
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;

void gemma4_event_init(gemma4_event* event, size_t struct_size) {
  gemma4::InitParams(event, struct_size);
}

void gemma4_step_params_init(gemma4_step_params* params, size_t struct_size) {
  gemma4::InitParams(params, struct_size);
}

gemma4_status gemma4_session_step(gemma4_session* session, const gemma4_step_params* params,
                                  gemma4_event* event) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(event, "event"));
    GEMMA4_RETURN_IF_ERROR(gemma4::CheckStruct(event));
    gemma4::WriteStruct(gemma4::ParamsTraits<gemma4_event>::kDefaults, event);
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, gemma4::StepParamsOf(params));
    gemma4::Event told;
    const Status status = session->session->Step(gemma4::StepOptionsOf(known), &told);
    gemma4::WriteStruct(gemma4::ToPublic(told, static_cast<gemma4_status>(status.code())), event);
    return status;
  });
}

gemma4_status gemma4_step_many(gemma4_session* const* sessions, size_t num_sessions,
                               const gemma4_step_params* params, gemma4_event* events) {
  return AtBoundary([&]() -> Status {
    if (num_sessions == 0) return Status::Ok();
    return gemma4::StepSessions({sessions, num_sessions}, params, events);
  });
}

gemma4_status gemma4_session_generate(gemma4_session* session, gemma4_event_callback callback,
                                      void* userdata) {
  return gemma4_session_generate_with(session, nullptr, callback, userdata);
}

gemma4_status gemma4_session_generate_with(gemma4_session* session,
                                           const gemma4_step_params* params,
                                           gemma4_event_callback callback, void* userdata) {
  return AtBoundary([&]() { return gemma4::Generate(session, params, callback, userdata); });
}
