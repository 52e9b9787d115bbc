// A session as a conversation: turns that can be taken back, settings that can be changed.
#ifndef GEMMA4_TOOLS_GEMMA4_CONVERSATION_H_
#define GEMMA4_TOOLS_GEMMA4_CONVERSATION_H_

#include <cstddef>
#include <string>

#include "tools/gemma4/conversation_file.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/reply_printer.h"

namespace gemma4_tool {

// What fails throws CommandError and leaves the conversation as it was.
class Conversation {
 public:
  // `model` and what `params` point at outlive it.
  Conversation(const Model& model, const gemma4_session_params& params, ConversationState settings);

  // Says it to the model and prints the reply. After Ctrl-C (Interrupted) what was told of the
  // reply stays; a turn that got no reply is taken back.
  void Say(const std::string& text, Reply& reply);

  // Takes back the last turns, in [1, num_turns()].
  void Rewind(size_t num_turns);
  void Reset();

  // The turns stay: they are told to the model again, without its thoughts.
  void SetSystem(const std::string& system);
  void SetThinking(bool is_thinking);

  void Save(const std::string& path);
  void Load(const std::string& path);

  size_t num_turns() const { return state_.turns.size(); }
  size_t num_tokens() const { return gemma4_session_position(session_.get()); }
  size_t max_context_tokens() const { return gemma4_session_max_context_tokens(session_.get()); }

 private:
  // A session that was told `state`; sets the positions of the turns.
  Session Tell(ConversationState& state) const;
  void Become(ConversationState state);
  void ForgetTurns(size_t num_dropped_tokens);

  const Model& model_;
  const gemma4_session_params& params_;
  ConversationState state_;
  Session session_;
};

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_CONVERSATION_H_
