#include "lib/checkpoint/gguf/gguf_vocabulary.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/checkpoint/tokenizer/piece_index.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"

namespace gemma4 {
namespace {

constexpr const char* kModel = "tokenizer.ggml.model";
constexpr const char* kReading = "reading the tokenizer";
constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr float kNotMerged = -std::numeric_limits<float>::infinity();

// GGUF's types of tokens that are set apart from merged ones.
constexpr int64_t kControlType = 3;
constexpr int64_t kUserDefinedType = 4;

Status ReadPieces(const GgufFile& file, const CancelFlag* cancel, PieceIndex& index,
                  Vocabulary& vocabulary) {
  std::vector<Piece>& pieces = vocabulary.pieces;
  return file
      .ForEachString(kTokens,
                     [&](size_t i, std::string_view text) -> Status {
                       GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, kReading));
                       if (text.empty()) return Status::Corrupt("%s[%zu] is empty", kTokens, i);
                       pieces.push_back({std::string(text), kNotMerged, PieceKind::kNormal});
                       const int32_t other = index.Add(pieces, static_cast<int32_t>(i));
                       if (other == PieceIndex::kNone) return Status::Ok();
                       return Status::Corrupt("%s[%zu], %s, is that of [%d], too", kTokens, i,
                                              CutToOneLine(text).c_str(), other);
                     })
      .status();
}

Status ReadTypes(const GgufFile& file, Vocabulary& vocabulary) {
  std::vector<Piece>& pieces = vocabulary.pieces;
  return file
      .ForEachInteger(
          kTypes,
          [&](size_t i, int64_t type) {
            const PieceKind kind = KindOfSetApartPiece(pieces[i].text, type == kControlType);
            // A marker or a run of newlines is one even where a converter calls it a normal token.
            if (type == kControlType || type == kUserDefinedType || kind != PieceKind::kNormal) {
              pieces[i].kind = kind;
            }
            return Status::Ok();
          })
      .status();
}

// The file's scores say nothing; the order of merges does.
Status ReadMerges(const GgufFile& file, const CancelFlag* cancel, const PieceIndex& index,
                  Vocabulary& vocabulary) {
  std::vector<Piece>& pieces = vocabulary.pieces;
  std::string merged;
  const auto visit = [&](size_t rank, std::string_view text) -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, kReading));
    const size_t space = text.find(' ');
    if (space == text.npos) {
      return Status::Corrupt("%s[%zu], %s, has no space between two pieces", kMerges, rank,
                             CutToOneLine(text).c_str());
    }
    merged.assign(text.substr(0, space)).append(text.substr(space + 1));
    const int32_t id = index.Find(pieces, merged);
    if (id == PieceIndex::kNone) {
      return Status::Corrupt("%s[%zu] makes %s, which is no token", kMerges, rank,
                             CutToOneLine(merged).c_str());
    }
    float& score = pieces[static_cast<size_t>(id)].score;
    score = std::max(score, -static_cast<float>(rank));
    return Status::Ok();
  };
  GEMMA4_ASSIGN_OR_RETURN(const bool has_merges, file.ForEachString(kMerges, visit));
  if (!has_merges) return Status::Corrupt("%s is missing", kMerges);
  const float lowest = -static_cast<float>(file.ArraySize(kMerges)) - 1.0f;
  for (Piece& piece : pieces) {
    if (piece.score == kNotMerged) piece.score = lowest;
  }
  return Status::Ok();
}

}  // namespace

StatusOr<bool> HasGgufVocabulary(const GgufFile& file) {
  GEMMA4_ASSIGN_OR_RETURN(const auto model, file.String(kModel));
  if (!model || *model == "none" || *model == "no_vocab") return false;
  if (*model == "gemma4") return true;
  return Status::Unsupported("%s is %s; gemma4 is supported", kModel, CutToOneLine(*model).c_str());
}

StatusOr<std::optional<Vocabulary>> ReadGgufVocabulary(const GgufFile& file,
                                                       const CancelFlag* cancel) {
  GEMMA4_ASSIGN_OR_RETURN(const bool has_vocabulary, HasGgufVocabulary(file));
  if (!has_vocabulary) return std::optional<Vocabulary>();
  const uint64_t num_pieces = file.ArraySize(kTokens);
  if (num_pieces == 0) return Status::Corrupt("%s is missing or empty", kTokens);
  if (num_pieces > kMaxPieces) {
    return Status::Unsupported("%s has %llu elements; at most %zu are supported", kTokens,
                               static_cast<unsigned long long>(num_pieces), kMaxPieces);
  }
  if (file.ArraySize(kTypes) != num_pieces) {
    return Status::Corrupt("%s has %llu elements; there are %llu tokens", kTypes,
                           static_cast<unsigned long long>(file.ArraySize(kTypes)),
                           static_cast<unsigned long long>(num_pieces));
  }
  Vocabulary vocabulary;
  vocabulary.pieces.reserve(static_cast<size_t>(num_pieces));
  PieceIndex index(static_cast<size_t>(num_pieces));
  GEMMA4_RETURN_IF_ERROR(ReadPieces(file, cancel, index, vocabulary));
  GEMMA4_RETURN_IF_ERROR(ReadTypes(file, vocabulary));
  GEMMA4_RETURN_IF_ERROR(ReadMerges(file, cancel, index, vocabulary));
  GEMMA4_RETURN_IF_ERROR(FinishVocabulary(index, "<unk>", vocabulary).WithPrefix("tokenizer.ggml"));
  return std::optional<Vocabulary>(std::move(vocabulary));
}

StatusOr<std::vector<int32_t>> ReadGgufStopTokens(const GgufFile& file,
                                                  const std::optional<Vocabulary>& vocabulary) {
  std::vector<int32_t> ids;
  const auto add = [&](int32_t id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    GEMMA4_ASSIGN_OR_RETURN(const auto id, file.Integer(key));
    if (id && *id >= 0 && *id <= std::numeric_limits<int32_t>::max()) {
      add(static_cast<int32_t>(*id));
    }
  }
  if (!vocabulary) return ids;
  for (size_t i = 0; i < vocabulary->pieces.size(); ++i) {
    const Piece& piece = vocabulary->pieces[i];
    if (piece.kind != PieceKind::kControl) continue;
    for (std::string_view name : {"<eos>", "<turn|>", "<|tool_response>"}) {
      if (piece.text == name) add(static_cast<int32_t>(i));
    }
  }
  return ids;
}

}  // namespace gemma4
