// Session: saving and restoring.
#include <algorithm>
#include <utility>

#include "lib/session/session.h"

namespace gemma4 {

SavedState Session::StateToSave() const {
  SavedState state;
  const std::span<const int32_t> ids = tokens_.token_ids();
  state.token_ids.assign(ids.begin(), ids.end());
  state.num_run = tokens_.num_run();
  state.prompt_begin = tokens_.prompt_begin();
  if (progress_.has_logits) state.logits = logits_;
  state.next_is_sampled = progress_.next_is_sampled;
  state.has_stop_token = progress_.stop_token.has_value();
  state.stop_token = progress_.stop_token.value_or(-1);
  state.end_reason = static_cast<int32_t>(progress_.end_reason);
  state.end_token = progress_.end_token;
  state.num_new_tokens = progress_.num_new_tokens;
  state.num_thought_tokens = progress_.num_thought_tokens;
  state.num_reused = progress_.num_reused;
  state.num_dropped = progress_.num_dropped;
  state.num_opening_tokens = progress_.num_opening_tokens;
  state.num_system_tokens = chat_.system.num_tokens;
  state.random_state = sampler_.random_state();
  state.generated = generated_;
  state.reply_begin = progress_.reply_begin;
  state.constraint_begin = progress_.constraint_begin;
  state.logprob = logprobs_.chosen.logprob;
  state.top_logprobs.assign(logprobs_.top.begin(),
                            logprobs_.top.begin() + static_cast<ptrdiff_t>(logprobs_.num_top));
  state.reply_is_turn = reply_.is_turn();
  state.num_events = reply_.num_events();
  state.system_text = chat_.system.text;
  state.tools_json = chat_.system.tools_json();
  state.is_chat = chat_.is_chat;
  state.enable_thinking = chat_.system.enable_thinking;
  state.called_tools = chat_.called_tools;
  return state;
}

Status Session::Save(const ByteSink& sink, const CancelFlag* cancel) {
  return Exclusively([&]() -> Status {
    const SavedBinding binding{model_->transformer().IdentityHash(), cache_.type()};
    return WriteSession(binding, StateToSave(), cache_, sink, cancel);
  });
}

Status Session::Restore(const ByteSource& source, const CancelFlag* cancel,
                        const std::function<Status()>& expect_end) {
  return Exclusively([&]() -> Status {
    const ModelConfig& config = model_->config();
    // The saved keys and values go into a cache of their own: this one stays if they are no good.
    GEMMA4_ASSIGN_OR_RETURN(
        KvCache cache, KvCache::Create(config, max_context_tokens(), model_->prefill_chunk_tokens(),
                                       cache_.type()));
    SavedState state;
    const SavedBinding binding{model_->transformer().IdentityHash(), cache_.type()};
    GEMMA4_RETURN_IF_ERROR(ReadSession(binding, config.vocab_size, source, cancel, &state, &cache));
    if (expect_end) GEMMA4_RETURN_IF_ERROR(expect_end());
    return AdoptState(std::move(state), std::move(cache));
  });
}

// A file's hash tells accidents; that its numbers fit each other is seen here.
Status Session::AdoptState(SavedState state, KvCache cache) {
  const size_t num_tokens = state.token_ids.size();
  const size_t num_waiting = num_tokens - std::min<size_t>(num_tokens, state.num_run);
  const bool fits =
      state.num_run <= num_tokens && state.prompt_begin <= state.num_run &&
      (state.logits.empty() ||
       (num_waiting == (state.next_is_sampled ? 1 : 0) && state.num_run > 0)) &&
      (!state.next_is_sampled || num_waiting == 1) && state.reply_begin <= state.generated.size() &&
      state.constraint_begin <= state.generated.size() &&
      state.top_logprobs.size() <= kMaxTopLogprobs && state.num_opening_tokens <= num_tokens &&
      state.num_system_tokens <= num_tokens && state.end_reason >= 0 &&
      state.end_reason <= static_cast<int32_t>(EndReason::kComplete);
  const auto are_ids = [&](std::span<const int32_t> ids) { return CheckIds(ids).ok(); };
  if (!fits || !are_ids(state.token_ids) || !are_ids(state.generated) ||
      (state.has_stop_token && !are_ids({&state.stop_token, 1}))) {
    return Status::Corrupt("the saved session's state is damaged");
  }
  Chat saved_chat;
  saved_chat.is_chat = state.is_chat;
  saved_chat.system.num_tokens = static_cast<size_t>(state.num_system_tokens);
  saved_chat.system.text = std::move(state.system_text);
  saved_chat.system.enable_thinking = state.enable_thinking;
  saved_chat.called_tools = std::move(state.called_tools);
  if (!state.tools_json.empty()) {
    auto tools = std::make_shared<Tools>();
    GEMMA4_ASSIGN_OR_RETURN(tools->value, ParseJsonValue(state.tools_json));
    tools->json = std::move(state.tools_json);
    saved_chat.system.tools = std::move(tools);
  }
  // The reply is read again from its tokens; what was told of it already is not told again.
  ReplyStream reply(model_->tokenizer(), stop_strings_);
  const std::span<const int32_t> ids(state.token_ids);
  const auto chat = model_->RequireChat();
  if (state.reply_is_turn && !state.generated.empty() && chat.ok()) {
    reply.BeginTurn(ids.first(num_tokens - std::min(num_tokens, state.generated.size())),
                    (*chat)->begin_of_turn_id());
  }
  // A reply that a stop token ended has followed its constraint, whatever this session's is. One
  // that a limit ended may go on.
  const bool is_over = state.has_stop_token;
  ReplyConstraint constraint = constraint_;
  constraint.Reset();
  for (size_t i = 0; i < state.generated.size(); ++i) {
    if (i == state.reply_begin && i > 0) reply.Finish();
    const int32_t id = state.generated[i];
    if (!is_over && i >= state.constraint_begin && IsConstrained(constraint, reply, id, *model_)) {
      GEMMA4_RETURN_IF_ERROR(constraint.Prepare(saved_chat.system.tools_json(), *model_));
      if (!constraint.Accept(id)) {
        return Status::Unsupported(
            "the saved reply does not follow this session's json_schema, grammar or tools");
      }
    }
    reply.Feed(id);
  }
  if (state.reply_begin > 0 && state.reply_begin == state.generated.size()) reply.Finish();
  reply.KeepLast(static_cast<size_t>(state.num_events));

  // Nothing fails from here on.
  in_flight_.Clear();
  num_planned_ = 0;
  cache_ = std::move(cache);
  tokens_.Restore(ids, static_cast<size_t>(state.num_run), static_cast<size_t>(state.prompt_begin));
  std::copy(state.logits.begin(), state.logits.end(), logits_.begin());
  progress_ = Progress();
  progress_.has_logits = !state.logits.empty();
  progress_.next_is_sampled = state.next_is_sampled;
  if (state.has_stop_token) progress_.stop_token = state.stop_token;
  progress_.end_reason = static_cast<EndReason>(state.end_reason);
  progress_.end_token = state.end_token;
  progress_.num_new_tokens = static_cast<size_t>(state.num_new_tokens);
  progress_.num_thought_tokens = static_cast<size_t>(state.num_thought_tokens);
  progress_.num_reused = static_cast<size_t>(state.num_reused);
  progress_.num_dropped = static_cast<size_t>(state.num_dropped);
  progress_.num_opening_tokens = static_cast<size_t>(state.num_opening_tokens);
  progress_.reply_begin = static_cast<size_t>(state.reply_begin);
  progress_.constraint_begin =
      is_over ? state.generated.size() : static_cast<size_t>(state.constraint_begin);
  progress_.reply_is_stale = state.generated.empty() && !reply.has_event();
  sampler_.set_random_state(state.random_state);
  generated_.assign(state.generated.begin(), state.generated.end());
  reply_ = std::move(reply);
  constraint_ = std::move(constraint);
  logprobs_ = TopLogprobs();
  logprobs_.chosen.logprob = state.logprob;
  logprobs_.num_top = state.top_logprobs.size();
  std::copy(state.top_logprobs.begin(), state.top_logprobs.end(), logprobs_.top.begin());
  chat_ = std::move(saved_chat);
  return Status::Ok();
}

}  // namespace gemma4
