// include/gemma4/score.h
#include <gemma4/score.h>

#include <span>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"
#include "lib/api/step_params.h"

namespace gemma4 {
namespace {

StatusOr<Pooling> PoolingOf(gemma4_pooling pooling) {
  switch (pooling) {
    case GEMMA4_POOLING_LAST: return Pooling::kLast;
    case GEMMA4_POOLING_MEAN: return Pooling::kMean;
    default: return Status::Unsupported("pooling is %d, which this version does not know", pooling);
  }
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;

gemma4_status gemma4_session_score(gemma4_session* session, const int32_t* token_ids,
                                   size_t num_tokens, const gemma4_step_params* params,
                                   float* out_logprobs) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(token_ids, "token_ids"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_logprobs, "out_logprobs"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, gemma4::StepParamsOf(params));
    return session->session->Score({token_ids, num_tokens}, {out_logprobs, num_tokens},
                                   gemma4::FlagOf(known.cancel));
  });
}

gemma4_status gemma4_session_embed(gemma4_session* session, const int32_t* token_ids,
                                   size_t num_tokens, gemma4_pooling pooling, int32_t normalize,
                                   const gemma4_step_params* params, float* out_hidden,
                                   size_t capacity) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(token_ids, "token_ids"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_hidden, "out_hidden"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::Pooling how, gemma4::PoolingOf(pooling));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4_step_params known, gemma4::StepParamsOf(params));
    return session->session->Embed({token_ids, num_tokens}, how, normalize != 0,
                                   {out_hidden, capacity}, gemma4::FlagOf(known.cancel));
  });
}
