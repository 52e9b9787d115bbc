#include "tools/gemma4/conversation.h"

#include <algorithm>
#include <utility>

namespace gemma4_tool {

Conversation::Conversation(const Model& model, const gemma4_session_params& params,
                           ConversationState settings)
    : model_(model), params_(params), state_(std::move(settings)), session_(Tell(state_)) {}

Session Conversation::Tell(ConversationState& state) const {
  Session session = CreateSession(model_, params_);
  if (state.is_thinking) Check(gemma4_session_set_thinking(session.get(), 1));
  if (!state.system.empty()) {
    Check(gemma4_session_add_system_text(session.get(), state.system.data(), state.system.size()));
  }
  for (ConversationTurn& turn : state.turns) {
    turn.position = gemma4_session_position(session.get());
    Check(gemma4_session_add_user_text(session.get(), turn.user.data(), turn.user.size()));
    Check(gemma4_session_add_model_text(session.get(), turn.model.data(), turn.model.size()));
  }
  return session;
}

void Conversation::Become(ConversationState state) {
  session_ = Tell(state);
  state_ = std::move(state);
}

void Conversation::Say(const std::string& text, Reply& reply) {
  reply = Reply();
  const size_t position = num_tokens();
  Check(gemma4_session_add_user_text(session_.get(), text.data(), text.size()));
  state_.turns.push_back({text, "", position});
  const auto keep = [&] {
    state_.turns.back().model = reply.text;
    if (reply.num_dropped_tokens > 0) ForgetTurns(reply.num_dropped_tokens);
  };
  try {
    PrintReply(session_.get(), reply);
  } catch (...) {
    // With --slide the context may have been moved already, and the position with it.
    if (reply.num_new_tokens == 0 && params_.context_full == GEMMA4_CONTEXT_STOP) {
      state_.turns.pop_back();
      gemma4_session_rewind(session_.get(), position);
    } else {
      keep();
    }
    throw;
  }
  keep();
}

// The oldest tokens after the system turn are gone. Positions lie where the turn before it was not
// closed yet, a token or two before the turn itself.
void Conversation::ForgetTurns(size_t num_dropped_tokens) {
  std::vector<ConversationTurn>& turns = state_.turns;
  const size_t first = turns.front().position;
  const size_t end = std::max<size_t>(first, 1) + num_dropped_tokens;  // <bos> always stays
  while (turns.size() > 1 && turns[1].position <= end) turns.erase(turns.begin());
  for (ConversationTurn& turn : turns) {
    turn.position = std::max(first + num_dropped_tokens, turn.position) - num_dropped_tokens;
  }
}

void Conversation::Rewind(size_t num_turns) {
  const size_t num_kept = state_.turns.size() - num_turns;
  Check(gemma4_session_rewind(session_.get(), state_.turns[num_kept].position));
  state_.turns.resize(num_kept);
}

void Conversation::Reset() { Become({state_.system, state_.is_thinking, {}}); }

void Conversation::SetSystem(const std::string& system) {
  Become({system, state_.is_thinking, state_.turns});
}

void Conversation::SetThinking(bool is_thinking) {
  Become({state_.system, is_thinking, state_.turns});
}

void Conversation::Save(const std::string& path) { SaveConversation(path, state_, session_.get()); }

void Conversation::Load(const std::string& path) {
  Session session = CreateSession(model_, params_);
  state_ = LoadConversation(path, session.get());
  session_ = std::move(session);
}

}  // namespace gemma4_tool
