#include "lib/checkpoint/tokenizer/tokenizer_model.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/base/utf8.h"
#include "lib/checkpoint/tokenizer/piece_index.h"
#include "lib/checkpoint/tokenizer/proto_reader.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"

namespace gemma4 {
namespace {

// Field numbers and values of sentencepiece_model.proto.
constexpr uint32_t kModelPieces = 1;
constexpr uint32_t kModelTrainerSpec = 2;
constexpr uint32_t kModelNormalizerSpec = 3;

constexpr uint32_t kPieceText = 1;
constexpr uint32_t kPieceScore = 2;
constexpr uint32_t kPieceType = 3;
enum class PieceType : uint64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

constexpr uint32_t kTrainerModelType = 3;
constexpr uint64_t kModelTypeBpe = 2;

constexpr uint32_t kNormalizerCharsMap = 2;
constexpr uint32_t kNormalizerAddDummyPrefix = 3;
constexpr uint32_t kNormalizerRemoveExtraWhitespaces = 4;
constexpr uint32_t kNormalizerEscapeWhitespaces = 5;

// Sets `kind` by the file's type of the piece.
Status ParsePieceKind(uint64_t type, size_t id, Piece& piece) {
  switch (static_cast<PieceType>(type)) {
    case PieceType::kNormal: return Status::Ok();
    case PieceType::kUnknown: piece.kind = PieceKind::kUnknown; return Status::Ok();
    case PieceType::kControl:
    case PieceType::kUnused:  // text never produces it
      piece.kind = KindOfSetApartPiece(piece.text, /*is_special=*/true);
      return Status::Ok();
    case PieceType::kUserDefined:
      piece.kind = KindOfSetApartPiece(piece.text, /*is_special=*/false);
      return Status::Ok();
    case PieceType::kByte:
      piece.kind = PieceKind::kByte;
      if (ParseBytePiece(piece.text).has_value()) return Status::Ok();
      return Status::Corrupt("piece %zu, %s, is marked as a byte, but is not of the form <0x0A>",
                             id, CutToOneLine(piece.text).c_str());
  }
  return Status::Corrupt("piece %zu has type %llu; 1 to 6 is allowed", id,
                         static_cast<unsigned long long>(type));
}

StatusOr<Piece> ParsePiece(std::span<const std::byte> message, size_t id) {
  Piece piece;
  uint64_t type = static_cast<uint64_t>(PieceType::kNormal);
  ProtoReader reader(message);
  while (!reader.AtEnd()) {
    GEMMA4_ASSIGN_OR_RETURN(const ProtoField field, reader.Next());
    if (field.number == kPieceText) piece.text = field.text();
    if (field.number == kPieceScore) {
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    }
    if (field.number == kPieceType) type = field.value;
  }
  if (piece.text.empty()) return Status::Corrupt("piece %zu is empty", id);
  for (std::string_view rest = piece.text; !rest.empty();) {
    const size_t size = Utf8CharacterBytes(rest);
    if (size == 0) {
      return Status::Corrupt("piece %zu, %s, is not UTF-8", id, CutToOneLine(piece.text).c_str());
    }
    rest.remove_prefix(size);
  }
  if (!std::isfinite(piece.score)) {
    return Status::Corrupt("piece %zu, %s, has a score that is not finite", id,
                           CutToOneLine(piece.text).c_str());
  }
  GEMMA4_RETURN_IF_ERROR(ParsePieceKind(type, id, piece));
  return piece;
}

Status CheckTrainerSpec(std::span<const std::byte> message) {
  uint64_t model_type = 1;  // Unigram
  ProtoReader reader(message);
  while (!reader.AtEnd()) {
    GEMMA4_ASSIGN_OR_RETURN(const ProtoField field, reader.Next());
    if (field.number == kTrainerModelType) model_type = field.value;
  }
  if (model_type == kModelTypeBpe) return Status::Ok();
  return Status::Unsupported("model_type is %llu; 2 (BPE) is supported",
                             static_cast<unsigned long long>(model_type));
}

Status CheckNormalizerSpec(std::span<const std::byte> message) {
  bool has_chars_map = false;
  bool has_prefix = true, removes_spaces = true, escapes_spaces = true;  // proto2's defaults
  ProtoReader reader(message);
  while (!reader.AtEnd()) {
    GEMMA4_ASSIGN_OR_RETURN(const ProtoField field, reader.Next());
    if (field.number == kNormalizerCharsMap) has_chars_map = !field.bytes.empty();
    if (field.number == kNormalizerAddDummyPrefix) has_prefix = field.value != 0;
    if (field.number == kNormalizerRemoveExtraWhitespaces) removes_spaces = field.value != 0;
    if (field.number == kNormalizerEscapeWhitespaces) escapes_spaces = field.value != 0;
  }
  const char* difference = has_chars_map     ? "a normalization table"
                           : has_prefix      ? "add_dummy_prefix"
                           : removes_spaces  ? "remove_extra_whitespaces"
                           : !escapes_spaces ? "no escape_whitespaces"
                                             : nullptr;
  if (difference == nullptr) return Status::Ok();
  return Status::Unsupported("normalizer_spec has %s; Gemma 4's only turns spaces into U+2581",
                             difference);
}

StatusOr<size_t> CountPieces(std::span<const std::byte> bytes) {
  size_t count = 0;
  ProtoReader reader(bytes);
  while (!reader.AtEnd()) {
    GEMMA4_ASSIGN_OR_RETURN(const ProtoField field, reader.Next());
    if (field.number == kModelPieces) ++count;
  }
  return count;
}

}  // namespace

StatusOr<Vocabulary> ParseTokenizerModel(std::span<const std::byte> bytes,
                                         const CancelFlag* cancel) {
  GEMMA4_ASSIGN_OR_RETURN(const size_t num_pieces, CountPieces(bytes));
  if (num_pieces == 0) return Status::Corrupt("has no pieces");
  if (num_pieces > kMaxPieces) {
    return Status::Unsupported("has %zu pieces; at most %zu are supported", num_pieces, kMaxPieces);
  }
  Vocabulary vocabulary;
  std::vector<Piece>& pieces = vocabulary.pieces;
  pieces.reserve(num_pieces);
  PieceIndex index(num_pieces);
  std::string unknown_text;
  ProtoReader reader(bytes);
  while (!reader.AtEnd()) {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, "reading the tokenizer"));
    GEMMA4_ASSIGN_OR_RETURN(const ProtoField field, reader.Next());
    if (field.number == kModelTrainerSpec) GEMMA4_RETURN_IF_ERROR(CheckTrainerSpec(field.bytes));
    if (field.number == kModelNormalizerSpec) {
      GEMMA4_RETURN_IF_ERROR(CheckNormalizerSpec(field.bytes));
    }
    if (field.number != kModelPieces) continue;
    GEMMA4_ASSIGN_OR_RETURN(Piece piece, ParsePiece(field.bytes, pieces.size()));
    pieces.push_back(std::move(piece));
    const int32_t id = static_cast<int32_t>(pieces.size()) - 1;
    const int32_t other = index.Add(pieces, id);
    if (other != PieceIndex::kNone) {
      return Status::Corrupt("pieces %d and %d are both %s", other, id,
                             CutToOneLine(pieces.back().text).c_str());
    }
    if (pieces.back().kind == PieceKind::kUnknown) {
      if (!unknown_text.empty()) return Status::Corrupt("piece %d is a second <unk>", id);
      unknown_text = pieces.back().text;
    }
  }
  if (unknown_text.empty()) return Status::Corrupt("has no piece of type 2, <unk>");
  GEMMA4_RETURN_IF_ERROR(FinishVocabulary(index, unknown_text, vocabulary));
  return vocabulary;
}

}  // namespace gemma4
