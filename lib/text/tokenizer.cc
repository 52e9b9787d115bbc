#include "lib/text/tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <utility>

#include "lib/base/utf8.h"
#include "lib/text/sentencepiece_model.h"

// Not in sentencepiece's public header, but in its library: messages below this level are not
// printed. 0 is information, 3 fatal.
namespace sentencepiece::logging {
void SetMinLogLevel(int level);
}  // namespace sentencepiece::logging

namespace gemma4 {
namespace {

// What a piece stands for when it is decoded.
std::string BytesOf(const Piece& piece) {
  if (piece.kind == PieceKind::kByte) {  // "<0x0A>"
    return std::string(1, static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16)));
  }
  constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581
  std::string bytes;
  for (size_t at = 0; at < piece.text.size();) {
    if (piece.text.compare(at, kSpace.size(), kSpace) == 0) {
      bytes += ' ';
      at += kSpace.size();
    } else {
      bytes += piece.text[at++];
    }
  }
  return bytes;
}

}  // namespace

Tokenizer::Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

StatusOr<Tokenizer> Tokenizer::Create(const Vocabulary& vocabulary) {
  sentencepiece::logging::SetMinLogLevel(3);  // the library never prints
  Tokenizer tokenizer;
  tokenizer.processor_ = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status =
      tokenizer.processor_->LoadFromSerializedProto(SerializeSentencepieceModel(vocabulary));
  if (!status.ok()) {
    return Status::Corrupt("the tokenizer's pieces make no tokenizer: %s",
                           status.ToString().c_str());
  }
  tokenizer.bos_token_id_ = vocabulary.bos_token_id;
  tokenizer.bytes_begin_.reserve(vocabulary.pieces.size() + 1);
  tokenizer.bytes_begin_.push_back(0);
  tokenizer.kinds_.reserve(vocabulary.pieces.size());
  for (size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece& piece = vocabulary.pieces[id];
    tokenizer.bytes_ += BytesOf(piece);
    tokenizer.bytes_begin_.push_back(static_cast<uint32_t>(tokenizer.bytes_.size()));
    tokenizer.kinds_.push_back(piece.kind);
    if (piece.kind != PieceKind::kNormal && piece.kind != PieceKind::kByte && !piece.text.empty()) {
      tokenizer.matched_[static_cast<uint8_t>(piece.text[0])].push_back(static_cast<int32_t>(id));
    }
  }
  for (std::vector<int32_t>& ids : tokenizer.matched_) {
    std::stable_sort(ids.begin(), ids.end(), [&](int32_t a, int32_t b) {
      return tokenizer.Bytes(a).size() > tokenizer.Bytes(b).size();
    });
  }
  return tokenizer;
}

Status Tokenizer::Encode(std::string_view text, std::vector<int32_t>* ids) const {
  return EncodeCutting(text, /*parse_special=*/false, ids);
}

Status Tokenizer::EncodeParsingSpecial(std::string_view text, std::vector<int32_t>* ids) const {
  return EncodeCutting(text, /*parse_special=*/true, ids);
}

std::optional<int32_t> Tokenizer::ControlId(std::string_view text) const {
  if (text.empty()) return std::nullopt;
  for (int32_t id : matched_[static_cast<uint8_t>(text[0])]) {
    if (IsControl(id) && Bytes(id) == text) return id;
  }
  return std::nullopt;
}

// The piece that `text` begins with, among those matched in raw text: always the cut ones, the
// others where special text is parsed.
std::optional<int32_t> Tokenizer::PieceAt(std::string_view text, bool parse_special) const {
  for (int32_t id : matched_[static_cast<uint8_t>(text[0])]) {
    if (!parse_special && KindOf(id) != PieceKind::kCut) continue;
    if (text.substr(0, Bytes(id).size()) == Bytes(id)) return id;
  }
  return std::nullopt;
}

Status Tokenizer::EncodeCutting(std::string_view text, bool parse_special,
                                std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(text));
  const size_t before = ids->size();
  size_t word_begin = 0;
  for (size_t at = 0; at < text.size();) {
    const std::optional<int32_t> id = PieceAt(text.substr(at), parse_special);
    if (!id.has_value()) {
      ++at;
      continue;
    }
    Status status = EncodeWord(text.substr(word_begin, at - word_begin), ids);
    if (!status.ok()) {
      ids->resize(before);
      return status;
    }
    ids->push_back(*id);
    at += Bytes(*id).size();
    word_begin = at;
  }
  Status status = EncodeWord(text.substr(word_begin), ids);
  if (!status.ok()) ids->resize(before);
  return status;
}

// A text between cuts is one word for byte-pair merging, spaces and all.
Status Tokenizer::EncodeWord(std::string_view word, std::vector<int32_t>* ids) const {
  if (word.empty()) return Status::Ok();
  std::vector<int> word_ids;
  const auto status = processor_->Encode({word.data(), word.size()}, &word_ids);
  if (!status.ok()) return Status::Internal("sentencepiece: %s", status.ToString().c_str());
  ids->insert(ids->end(), word_ids.begin(), word_ids.end());
  return Status::Ok();
}

}  // namespace gemma4
