// TurnParser: the tokens of a model's turn to text, thoughts and tool calls, as they come.
#ifndef GEMMA4_LIB_TEXT_CHAT_TURN_PARSER_H_
#define GEMMA4_LIB_TEXT_CHAT_TURN_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/stream_decoder.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

// Ids of the tokens that structure a turn; -1 where the vocabulary has none.
struct TurnTokens {
  int32_t begin_channel = -1;
  int32_t end_channel = -1;
  int32_t begin_tool_call = -1;
  int32_t end_tool_call = -1;
  int32_t quote = -1;
  // Each ends the turn.
  int32_t end_turn = -1;
  int32_t begin_tool_response = -1;
  int32_t eos = -1;

  static TurnTokens Of(const Tokenizer& tokenizer);
};

// Where the prompt leaves the model.
enum class TurnStart : uint8_t {
  kText,          // <|turn>model\n, or a tool's response
  kInThought,     // <|channel>thought\n
  kAfterThought,  // <channel|>: the empty thought of the large template
};

struct TurnPiece {
  enum class Kind : uint8_t { kText, kThought, kToolCall };

  Kind kind = Kind::kText;
  bool is_malformed = false;  // of text: what was written as a tool call, and is none
  std::string text;           // UTF-8; of a tool call its arguments, a JSON object
  std::string name;           // of a tool call
};

// Text and thoughts come out with the token that completes a code point, a tool call with the one
// that ends it. Nothing that a model writes is an error: what looks like a tool call and cannot be
// read comes out as text. Memory grows with the tool call that is being written, and with nothing
// else; text and thoughts allocate nothing after the first tokens.
//
// Beyond the format it reads what models have been seen to write: `call:NAME{…}` without an opener
// right after a thought, a `thought` header that comes twice, no closer before the turn ends or a
// call begins. A value: copy it to remember a place.
class TurnParser {
 public:
  explicit TurnParser(const TurnTokens& tokens, TurnStart start = TurnStart::kText);

  // One token, and the bytes it stands for (Tokenizer::Bytes; empty for one that shall not be
  // shown). The pieces live until the next call. Two of one kind in a row continue each other,
  // unless they are calls.
  std::span<const TurnPiece> Feed(int32_t id, std::string_view bytes);

  // The turn has ended, with whatever was open. Further tokens begin anew, as text.
  std::span<const TurnPiece> Finish();

  // Whether what comes next is a thought, its header included.
  bool in_thought() const {
    return state_ == State::kHeader || state_ == State::kThoughtBegin || state_ == State::kThought;
  }

 private:
  enum class State : uint8_t {
    kText,
    kAfterThought,  // new lines are skipped, and `call:NAME{` begins a call
    kHeader,        // behind <|channel>: its name and a new line
    kThoughtBegin,  // behind the header, which may come again
    kThought,
    kCall,      // up to <tool_call|>
    kBareCall,  // up to the bracket that closes it
  };

  void FeedBytes(std::string_view bytes);
  void FeedAfterThought(char byte);
  void FeedHeader(char byte);
  void FeedThoughtBegin(char byte);
  void FeedBareCall(char byte);

  // Leaves what is open and goes on in `next`.
  void Leave(State next);
  // Ends what is being decoded as text or a thought.
  void FinishDecoder(TurnPiece::Kind kind);
  void Emit(TurnPiece::Kind kind, std::string_view bytes);
  void EmitHeld(TurnPiece::Kind kind);
  void EmitCall(bool is_closed);
  TurnPiece& NewPiece(TurnPiece::Kind kind);

  TurnTokens tokens_;
  State state_;
  StreamDecoder decoder_;            // of the text or the thought that goes on
  std::string held_;                 // bytes that are not decided: of a header, of `call:NAME{`
  std::string call_;                 // bytes of a call
  std::vector<size_t> call_quotes_;  // offsets in it of <|"|>
  // Of a bare call, which is followed byte by byte.
  size_t call_depth_ = 0;
  bool in_json_string_ = false;
  char last_byte_ = 0;             // but white space
  std::vector<TurnPiece> pieces_;  // never shrinks, so they reuse their memory
  size_t num_pieces_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_TURN_PARSER_H_
