// include/gemma4/session.h: making sessions, appending to them, logits.
#include <gemma4/session.h>

#include <span>
#include <utility>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"
#include "lib/api/params.h"
#include "lib/api/session_options.h"
#include "lib/api/step_params.h"
#include "lib/api/text_flags.h"

namespace gemma4 {
namespace {

StatusOr<std::span<const int32_t>> TokenIdsArgument(const int32_t* token_ids, size_t num_tokens) {
  if (num_tokens > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(token_ids, "token_ids"));
  return std::span<const int32_t>(token_ids, num_tokens);
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;

void gemma4_sampler_params_init(gemma4_sampler_params* params, size_t struct_size) {
  gemma4::InitParams(params, struct_size);
}

void gemma4_session_params_init(gemma4_session_params* params, size_t struct_size) {
  gemma4::InitParams(params, struct_size);
}

gemma4_status gemma4_session_create(gemma4_model* model, const gemma4_session_params* params,
                                    gemma4_session** out_session) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_session, "out_session"));
    *out_session = nullptr;
    GEMMA4_RETURN_IF_ERROR(RequireGiven(model, "model"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::SessionOptions options,
                            gemma4::SessionOptionsOf(params, model->model->generation_config()));
    GEMMA4_ASSIGN_OR_RETURN(auto session, gemma4::Session::Create(model->model, options));
    *out_session = new gemma4_session{std::move(session)};
    return Status::Ok();
  });
}

void gemma4_session_free(gemma4_session* session) { delete session; }

gemma4_status gemma4_session_reset(gemma4_session* session) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    return session->session->Reset();
  });
}

gemma4_status gemma4_session_fork(gemma4_session* session, gemma4_session** out_session) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_session, "out_session"));
    *out_session = nullptr;
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(auto fork, session->session->Fork());
    *out_session = new gemma4_session{std::move(fork)};
    return Status::Ok();
  });
}

gemma4_status gemma4_session_set_sampler(gemma4_session* session,
                                         const gemma4_sampler_params* params) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(
        const gemma4::SamplerOptions options,
        gemma4::SamplerOptionsOf(params, session->session->generation_config()));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::ConstraintOptions constraint,
                            gemma4::ConstraintOptionsOf(params));
    return session->session->SetSampler(options, constraint);
  });
}

gemma4_status gemma4_session_set_ids(gemma4_session* session, const int32_t* token_ids,
                                     size_t num_tokens) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const auto ids, gemma4::TokenIdsArgument(token_ids, num_tokens));
    return session->session->SetIds(ids);
  });
}

gemma4_status gemma4_session_rewind(gemma4_session* session, size_t position) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    return session->session->Rewind(position);
  });
}

uint64_t gemma4_session_bytes_per_token(const gemma4_session* session) {
  return session != nullptr ? session->session->BytesPerToken() : 0;
}

size_t gemma4_session_position(const gemma4_session* session) {
  return session != nullptr ? session->session->position() : 0;
}

size_t gemma4_session_max_context_tokens(const gemma4_session* session) {
  return session != nullptr ? session->session->max_context_tokens() : 0;
}

gemma4_status gemma4_session_append_text(gemma4_session* session, const char* text,
                                         size_t text_size, gemma4_text_flags flags) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::TextOptions options, gemma4::TextOptionsOf(flags));
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view view, gemma4::TextArgument(text, text_size));
    return session->session->AppendText(view, options);
  });
}

gemma4_status gemma4_session_append_ids(gemma4_session* session, const int32_t* token_ids,
                                        size_t num_tokens) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const auto ids, gemma4::TokenIdsArgument(token_ids, num_tokens));
    return session->session->AppendIds(ids);
  });
}

gemma4_status gemma4_session_prefill(gemma4_session* session, const int32_t* token_ids,
                                     size_t num_tokens) {
  return gemma4_session_prefill_with(session, token_ids, num_tokens, nullptr);
}

gemma4_status gemma4_session_prefill_with(gemma4_session* session, const int32_t* token_ids,
                                          size_t num_tokens, const gemma4_step_params* params) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const auto ids, gemma4::TokenIdsArgument(token_ids, num_tokens));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, gemma4::StepParamsOf(params));
    return session->session->Prefill(ids, gemma4::FlagOf(known.cancel));
  });
}

gemma4_status gemma4_session_prefill_logits(gemma4_session* session, const int32_t* token_ids,
                                            size_t num_tokens, const gemma4_step_params* params,
                                            float* out_logits, size_t capacity) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_logits, "out_logits"));
    GEMMA4_ASSIGN_OR_RETURN(const auto ids, gemma4::TokenIdsArgument(token_ids, num_tokens));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, gemma4::StepParamsOf(params));
    return session->session->PrefillLogits(ids, {out_logits, capacity},
                                           gemma4::FlagOf(known.cancel));
  });
}

const float* gemma4_session_logits(gemma4_session* session, size_t* out_num_logits) {
  if (out_num_logits != nullptr) *out_num_logits = 0;
  const float* logits = nullptr;
  AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const auto last, session->session->Logits());
    if (out_num_logits != nullptr) *out_num_logits = last.size();
    logits = last.data();
    return Status::Ok();
  });
  return logits;
}
