// StreamDecoder: token ids in, whole code points out.
#ifndef GEMMA4_LIB_TEXT_STREAM_DECODER_H_
#define GEMMA4_LIB_TEXT_STREAM_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gemma4 {

// The bytes of all tokens in a row go through an incremental UTF-8 decoder: a code point comes out
// with the token that completes it, at most 3 bytes wait, and each maximal ill-formed part becomes
// one U+FFFD with the token that shows it to be one. Small; copy it to remember a place.
class StreamDecoder {
 public:
  // Appends to `text` what becomes complete with the bytes of the next token
  // (Tokenizer::Bytes).
  void Feed(std::string_view bytes, std::string* text);

  // Appends what the waiting bytes are worth, U+FFFD, and begins anew.
  void Finish(std::string* text);

 private:
  void Decide(bool at_end, std::string* text);

  std::array<char, 4> waiting_ = {};
  size_t num_waiting_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_STREAM_DECODER_H_
