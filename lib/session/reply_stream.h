// ReplyStream: the tokens that a session makes to the events that it tells.
#ifndef GEMMA4_LIB_SESSION_REPLY_STREAM_H_
#define GEMMA4_LIB_SESSION_REPLY_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/session/event.h"
#include "lib/text/chat/turn_parser.h"
#include "lib/text/stop_strings.h"
#include "lib/text/stream_decoder.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

// A value: a copy goes on on its own. Texts and thoughts allocate nothing after the first tokens.
class ReplyStream {
 public:
  // `tokenizer` may be null (tokens have no text then) and must outlive the stream.
  ReplyStream(const Tokenizer* tokenizer, std::shared_ptr<const StopStrings> stop_strings);

  // Forgets the events that wait.
  void Clear() noexcept { first_ = count_ = 0; }

  // A text outside any chat format: all of it is kText, control tokens by name.
  void BeginRaw();
  // The model's turn in a chat: text, thoughts and tool calls. What stands in `prompt` after its
  // last `begin_of_turn_id` the caller put into that turn: it counts, and nothing is told of it.
  void BeginTurn(std::span<const int32_t> prompt, int32_t begin_of_turn_id);

  // A token was made. One event at least waits then, the first with its id.
  void Feed(int32_t token_id);

  // No more come, for now: what was held back comes out. If more come, they go on with a thought
  // that was open.
  void Finish();

  bool has_event() const { return first_ < count_; }
  size_t num_events() const { return count_ - first_; }
  // The oldest event that waits. Its texts live until the next Feed() or Finish().
  Event Next();
  // Forgets the oldest events but `count`.
  void KeepLast(size_t count) { first_ = count_ - std::min(count_ - first_, count); }

  // A stop string was completed: the reply is over, and nothing of it came out.
  bool found_stop_string() const { return found_stop_string_; }
  // Whether the next token belongs to a thought.
  bool in_thought() const { return is_turn_ && parser_.in_thought(); }
  bool is_turn() const { return is_turn_; }
  // Names of the tools that this turn has called, by call id.
  const std::vector<std::string>& tool_names() const { return tool_names_; }

 private:
  struct Item {
    Event event;       // without texts
    std::string text;  // or a call's arguments
    std::string tool_name;
  };

  Item& NewItem(EventKind kind);
  void AddText(std::string_view text, bool is_malformed);
  void AddPieces(std::span<const TurnPiece> pieces);
  void ReleaseText();
  std::string_view BytesOf(int32_t token_id) const;

  const Tokenizer* tokenizer_;
  std::shared_ptr<const StopStrings> stop_strings_;
  bool is_turn_ = false;
  StreamDecoder decoder_;  // of a raw reply
  TurnParser parser_;      // of a turn
  StopStringFilter filter_;
  bool found_stop_string_ = false;
  std::vector<std::string> tool_names_;

  std::vector<Item> items_;  // never shrinks: [first_, count_) wait
  size_t first_ = 0;
  size_t count_ = 0;
  std::string scratch_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_REPLY_STREAM_H_
