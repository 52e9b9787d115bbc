// Tokenizer: text to token ids, and ids to bytes.
#ifndef GEMMA4_LIB_TEXT_TOKENIZER_H_
#define GEMMA4_LIB_TEXT_TOKENIZER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/status.h"
#include "lib/model/vocabulary.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace gemma4 {

// Immutable after Create; any thread may use it.
//
// Byte-pair merging is sentencepiece's. Around it stands what keeps a chat safe: control pieces are
// given to it as such, so no text can produce one, and newline pieces cut the text first.
class Tokenizer {
 public:
  // kCorrupt if sentencepiece refuses the pieces.
  static StatusOr<Tokenizer> Create(const Vocabulary& vocabulary);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Appends the ids of `text` as data, without <bos>: nothing it spells becomes a control token.
  // kInvalidUtf8, with nothing appended.
  Status Encode(std::string_view text, std::vector<int32_t>* ids) const;

  // The same, but the text of every control piece becomes that piece: leftmost, longest first.
  Status EncodeParsingSpecial(std::string_view text, std::vector<int32_t>* ids) const;

  // The bytes that an id stands for: a byte piece is its byte, any other piece its UTF-8 text with
  // U+2581 as a space. REQUIRES: id in [0, vocab_size).
  std::string_view Bytes(int32_t id) const {
    const size_t i = static_cast<size_t>(id);
    return std::string_view(bytes_).substr(bytes_begin_[i], bytes_begin_[i + 1] - bytes_begin_[i]);
  }

  bool IsControl(int32_t id) const { return KindOf(id) == PieceKind::kControl; }

  // The id of the control piece that is spelled so.
  std::optional<int32_t> ControlId(std::string_view text) const;

  size_t vocab_size() const { return kinds_.size(); }
  int32_t bos_token_id() const { return bos_token_id_; }

 private:
  Tokenizer();

  PieceKind KindOf(int32_t id) const { return kinds_[static_cast<size_t>(id)]; }
  Status EncodeCutting(std::string_view text, bool parse_special, std::vector<int32_t>* ids) const;
  Status EncodeWord(std::string_view word, std::vector<int32_t>* ids) const;
  std::optional<int32_t> PieceAt(std::string_view text, bool parse_special) const;

  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  std::string bytes_;                  // of all pieces
  std::vector<uint32_t> bytes_begin_;  // [vocab_size + 1]: piece i is bytes_ from [i] to [i + 1]
  std::vector<PieceKind> kinds_;       // [vocab_size]
  int32_t bos_token_id_ = 2;

  // Pieces that are matched in raw text (cut, control, unknown), by first byte, longest first.
  std::array<std::vector<int32_t>, 256> matched_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_TOKENIZER_H_
