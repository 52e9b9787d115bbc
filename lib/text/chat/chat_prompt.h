// ChatPrompt: a prompt as pieces, in which what somebody wrote stays apart from what the format
// means.
#ifndef GEMMA4_LIB_TEXT_CHAT_CHAT_PROMPT_H_
#define GEMMA4_LIB_TEXT_CHAT_CHAT_PROMPT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

struct ChatPiece {
  enum class Kind : uint8_t {
    kControl,   // a control token, by its name
    kMedia,     // the same, of an image, a sound or a video to be put in
    kTemplate,  // text of the format: "user\n"
    kContent,   // text that a message, a tool or a model holds: data
  };

  Kind kind;
  std::string text;
};

class ChatPrompt {
 public:
  // `name` is one of control_tokens.h.
  void AddControl(std::string_view name) { Add(ChatPiece::Kind::kControl, name); }
  void AddMedia(std::string_view name) { Add(ChatPiece::Kind::kMedia, name); }
  void AddTemplate(std::string_view text) { Add(ChatPiece::Kind::kTemplate, text); }
  void AddContent(std::string_view text) { Add(ChatPiece::Kind::kContent, text); }
  // A string value: its text between two <|"|>.
  void AddQuoted(std::string_view text);
  void Append(ChatPrompt&& other);

  // Never two texts of one kind next to each other, and no empty one.
  const std::vector<ChatPiece>& pieces() const { return pieces_; }

  // Whether anything but white space is in it.
  bool IsVisible() const;

  // All pieces in a row, as the published template gives them: content that spells a control token
  // cannot be told apart from one here.
  std::string Text() const;

  // Appends the ids. Texts are data, whatever they spell; neighbouring ones are encoded as one.
  // kUnsupported names a control token that the vocabulary lacks. On error `ids` is as it was.
  Status Encode(const Tokenizer& tokenizer, std::vector<int32_t>* ids) const;

 private:
  void Add(ChatPiece::Kind kind, std::string_view text);

  std::vector<ChatPiece> pieces_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_CHAT_PROMPT_H_
