// A conversation's way to a file and back.
#ifndef GEMMA4_TOOLS_GEMMA4_CONVERSATION_FILE_H_
#define GEMMA4_TOOLS_GEMMA4_CONVERSATION_FILE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {

struct ConversationTurn {
  std::string user;
  std::string model;
  size_t position = 0;  // of the session before the turn
};

// What the session itself cannot say.
struct ConversationState {
  std::string system;
  bool is_thinking = false;
  std::vector<ConversationTurn> turns;
};

// One line of JSON, {"gemma4_conversation": 1, …}, and behind it the saved session. The file
// appears whole or not at all; a regular file of that name is replaced. CommandError otherwise,
// Interrupted after Ctrl-C.
void SaveConversation(const std::string& path, const ConversationState& state,
                      gemma4_session* session);

// Restores `session`, too. Throws as SaveConversation(); what `session` holds then is undefined.
ConversationState LoadConversation(const std::string& path, gemma4_session* session);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_CONVERSATION_FILE_H_
