#include "lib/checkpoint/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/checkpoint/tokenizer/piece_index.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"
#include "lib/json/json_visitor.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxAddedTokens = 65536;
// Ranks up to here are whole numbers in float.
constexpr size_t kMaxMerges = size_t{1} << 24;
constexpr float kNotMerged = -std::numeric_limits<float>::infinity();

struct AddedToken {
  int64_t id = -1;
  std::string content;
  bool is_special = false;
  bool has_content = false;
};

// Merges name pieces, so they are read once the vocabulary is there. Files list it first; for one
// that does not, the document is visited a second time (`is_second_visit`).
class TokenizerVisitor : public JsonVisitor {
 public:
  Vocabulary vocabulary;
  bool has_skipped_merges = false;
  bool is_second_visit = false;
  const CancelFlag* cancel = nullptr;

  void OnStart(size_t max_members) override {
    if (is_second_visit) return;
    const size_t max_pieces = std::min(max_members, kMaxPieces);
    vocabulary.pieces.reserve(max_pieces);
    ids_.reserve(max_pieces);
  }

  Status OnBegin(const JsonPath& path, bool is_list) override {
    if (path.depth() == 0 && is_list) return Status::Corrupt("is a list; an object is expected");
    if (is_second_visit) return IsMerges(path) ? BeginMerges(is_list) : Status::Ok();
    if (path.depth() == 1 && path.key(0) == "added_tokens" && !is_list) {
      return Status::Corrupt("added_tokens is an object; a list is expected");
    }
    if (path.depth() == 2 && path.key(0) == "added_tokens") added_.emplace_back();
    if (added_.size() > kMaxAddedTokens) {
      return Status::Unsupported("more than %zu added_tokens", kMaxAddedTokens);
    }
    if (IsVocabulary(path)) {
      if (is_list) {
        return Status::Unsupported("model.vocab is a list (Unigram); a BPE model is supported");
      }
      if (has_vocabulary_) return Status::Corrupt("model.vocab is there twice");
    }
    return IsMerges(path) ? BeginMerges(is_list) : Status::Ok();
  }

  Status OnScalar(const JsonPath& path, const JsonScalar& value) override {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, "reading the tokenizer"));
    if (path.depth() == 0) return Status::Corrupt("is not an object");
    if (path.depth() >= 3 && path.key(0) == "model" && path.key(1) == "merges") {
      return OnMergePart(path, value);
    }
    if (is_second_visit) return Status::Ok();
    if (path.depth() == 3 && path.key(0) == "model" && path.key(1) == "vocab") {
      return OnPiece(path.key(2), value);
    }
    if (path.depth() == 3 && path.key(0) == "added_tokens") return OnAddedToken(path, value);
    if (path.depth() == 2 && path.key(0) == "model") return OnModelKey(path.key(1), value);
    return OnNormalizerKey(path, value);
  }

  Status OnEnd(const JsonPath& path) override {
    const bool is_merge = path.depth() == 3 && path.key(0) == "model" && path.key(1) == "merges";
    if (is_merge && index_.has_value() && num_parts_ != 2) {
      return Status::Corrupt("model.merges[%zu] has %zu parts; 2 are expected", path.index(2),
                             num_parts_);
    }
    if (is_second_visit || !IsVocabulary(path)) return Status::Ok();
    return FinishPieces();
  }

  // After the last visit.
  StatusOr<Vocabulary> Finish() && {
    if (!has_vocabulary_) return Status::Corrupt("model.vocab is missing");
    if (!has_merges_) return Status::Corrupt("model.merges is missing");
    if (!has_byte_fallback_) {
      return Status::Unsupported("model.byte_fallback is not true; Gemma 4's tokenizer has it");
    }
    if (unknown_text_.empty()) return Status::Corrupt("model.unk_token is missing");
    GEMMA4_RETURN_IF_ERROR(AddAddedTokens());
    const float lowest = -static_cast<float>(num_merges_) - 1.0f;
    for (Piece& piece : vocabulary.pieces) {
      if (piece.score == kNotMerged) piece.score = lowest;
    }
    GEMMA4_RETURN_IF_ERROR(FinishVocabulary(*index_, unknown_text_, vocabulary));
    return std::move(vocabulary);
  }

 private:
  static bool IsVocabulary(const JsonPath& path) {
    return path.depth() == 2 && path.key(0) == "model" && path.key(1) == "vocab";
  }
  static bool IsMerges(const JsonPath& path) {
    return path.depth() >= 2 && path.key(0) == "model" && path.key(1) == "merges";
  }

  Status BeginMerges(bool is_list) {
    if (!is_list) return Status::Corrupt("model.merges holds an object; lists are expected");
    has_merges_ = true;
    num_parts_ = 0;
    has_skipped_merges = !index_.has_value();
    return Status::Ok();
  }

  Status OnPiece(std::string_view text, const JsonScalar& id) {
    if (vocabulary.pieces.size() == kMaxPieces) {
      return Status::Unsupported("model.vocab has more than %zu pieces", kMaxPieces);
    }
    if (!id.is_integer() || id.integer < 0 || id.integer >= static_cast<int64_t>(kMaxPieces)) {
      return Status::Corrupt("model.vocab: the id of piece %s is not a whole number below %zu",
                             CutToOneLine(text).c_str(), kMaxPieces);
    }
    if (text.empty())
      return Status::Corrupt("model.vocab: piece %lld is empty",
                             static_cast<long long>(id.integer));
    vocabulary.pieces.push_back({std::string(text), kNotMerged, PieceKind::kNormal});
    ids_.push_back(static_cast<int32_t>(id.integer));
    return Status::Ok();
  }

  // The vocabulary has ended: puts every piece where its id says.
  Status FinishPieces() {
    std::vector<Piece>& pieces = vocabulary.pieces;
    for (size_t i = 0; i < pieces.size(); ++i) {
      // Each swap brings one piece home for good.
      while (static_cast<size_t>(ids_[i]) != i) {
        const size_t home = static_cast<size_t>(ids_[i]);
        if (home >= pieces.size()) {
          return Status::Corrupt("model.vocab: piece %s has id %zu, but there are %zu pieces",
                                 CutToOneLine(pieces[i].text).c_str(), home, pieces.size());
        }
        if (ids_[home] == ids_[i]) {
          return Status::Corrupt("model.vocab: pieces %s and %s both have id %zu",
                                 CutToOneLine(pieces[i].text).c_str(),
                                 CutToOneLine(pieces[home].text).c_str(), home);
        }
        std::swap(pieces[i], pieces[home]);
        std::swap(ids_[i], ids_[home]);
      }
    }
    std::vector<int32_t>().swap(ids_);
    index_.emplace(pieces.size() + added_.size());
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (index_->Add(pieces, static_cast<int32_t>(i)) != PieceIndex::kNone) {
        return Status::Corrupt("model.vocab: piece %s is there twice",
                               CutToOneLine(pieces[i].text).c_str());
      }
    }
    has_vocabulary_ = true;
    return Status::Ok();
  }

  // Either the whole merge, "a b", or one of its two parts.
  Status OnMergePart(const JsonPath& path, const JsonScalar& value) {
    if (!value.is_string() || path.depth() > 4) {
      return Status::Corrupt("model.merges[%zu] is neither \"a b\" nor [\"a\", \"b\"]",
                             path.index(2));
    }
    if (!index_.has_value()) return Status::Ok();  // skipped; there will be a second visit
    if (path.depth() == 4) {
      if (num_parts_++ == 0) {
        merged_ = value.text;
        return Status::Ok();
      }
      merged_ += value.text;
      return num_parts_ == 2 ? OnMerge(path.index(2)) : Status::Ok();
    }
    // No piece contains a space, which is written U+2581.
    const size_t space = value.text.find(' ');
    if (space == value.text.npos) {
      return Status::Corrupt("model.merges[%zu], %s, has no space between two pieces",
                             path.index(2), CutToOneLine(value.text).c_str());
    }
    merged_ = value.text.substr(0, space);
    merged_ += value.text.substr(space + 1);
    return OnMerge(path.index(2));
  }

  Status OnMerge(size_t rank) {
    if (rank >= kMaxMerges) return Status::Unsupported("more than %zu merges", kMaxMerges);
    const int32_t id = index_->Find(vocabulary.pieces, merged_);
    if (id == PieceIndex::kNone) {
      return Status::Corrupt("model.merges[%zu] makes %s, which is not in model.vocab", rank,
                             CutToOneLine(merged_).c_str());
    }
    Piece& piece = vocabulary.pieces[static_cast<size_t>(id)];
    piece.score = std::max(piece.score, -static_cast<float>(rank));
    num_merges_ = std::max(num_merges_, rank + 1);
    return Status::Ok();
  }

  Status OnAddedToken(const JsonPath& path, const JsonScalar& value) {
    AddedToken& token = added_.back();
    const std::string_view key = path.key(2);
    if (key == "id" && value.is_integer()) {
      token.id = value.integer;
    } else if (key == "content" && value.is_string()) {
      token.content = value.text;
      token.has_content = true;
    } else if (key == "special" && value.kind == JsonScalar::Kind::kBool) {
      token.is_special = value.boolean;
    } else if (key == "id" || key == "content" || key == "special") {
      return Status::Corrupt("added_tokens[%zu].%s has a value of the wrong type", path.index(1),
                             std::string(key).c_str());
    }
    return Status::Ok();
  }

  // Added tokens are pieces of the vocabulary, or follow it.
  Status AddAddedTokens() {
    std::vector<Piece>& pieces = vocabulary.pieces;
    std::sort(added_.begin(), added_.end(),
              [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
    // They may come after the vocabulary, when the index has no room for them.
    index_.emplace(pieces.size() + added_.size());
    for (size_t i = 0; i < pieces.size(); ++i) index_->Add(pieces, static_cast<int32_t>(i));
    for (AddedToken& token : added_) {
      if (token.id < 0 || !token.has_content || token.content.empty()) {
        return Status::Corrupt("added_tokens has an entry without an id or without content");
      }
      const size_t id = static_cast<size_t>(token.id);
      if (id > pieces.size() || id >= kMaxPieces) {
        return Status::Corrupt("added_tokens gives %s the id %zu, but there are %zu pieces",
                               CutToOneLine(token.content).c_str(), id, pieces.size());
      }
      if (id == pieces.size()) {
        pieces.push_back({std::move(token.content), kNotMerged, PieceKind::kNormal});
        if (index_->Add(pieces, static_cast<int32_t>(id)) != PieceIndex::kNone) {
          return Status::Corrupt("added_tokens lists %s a second time, with id %zu",
                                 CutToOneLine(pieces.back().text).c_str(), id);
        }
      } else if (pieces[id].text != token.content) {
        return Status::Corrupt("added_tokens has %s at id %zu, where model.vocab has %s",
                               CutToOneLine(token.content).c_str(), id,
                               CutToOneLine(pieces[id].text).c_str());
      }
      pieces[id].kind = KindOfSetApartPiece(pieces[id].text, token.is_special);
    }
    return Status::Ok();
  }

  Status OnModelKey(std::string_view key, const JsonScalar& value) {
    if (key == "type" && value.text != "BPE") {
      return Status::Unsupported("model.type is \"%s\"; \"BPE\" is supported",
                                 CutToOneLine(value.text).c_str());
    }
    if (key == "byte_fallback") has_byte_fallback_ = value.boolean;
    if (key == "ignore_merges" && value.boolean) {
      return Status::Unsupported("model.ignore_merges is true; Gemma 4's tokenizer merges");
    }
    if (key == "unk_token" && value.is_string()) unknown_text_ = value.text;
    return Status::Ok();
  }

  // Gemma 4's normalizer replaces " " by U+2581 and does nothing else.
  Status OnNormalizerKey(const JsonPath& path, const JsonScalar& value) {
    if (path.key(0) != "normalizer" || path.key(path.depth() - 1) != "type") return Status::Ok();
    if (value.text == "Replace" || value.text == "Sequence") return Status::Ok();
    return Status::Unsupported("normalizer is of type \"%s\"; Gemma 4's is \"Replace\"",
                               CutToOneLine(value.text).c_str());
  }

  std::vector<int32_t> ids_;  // parallel to vocabulary.pieces until the vocabulary has ended
  std::vector<AddedToken> added_;
  std::optional<PieceIndex> index_;
  std::string unknown_text_;
  std::string merged_;    // the piece that the current merge makes
  size_t num_parts_ = 0;  // of the current merge, where it is a list
  size_t num_merges_ = 0;
  bool has_vocabulary_ = false, has_merges_ = false, has_byte_fallback_ = false;
};

}  // namespace

StatusOr<Vocabulary> ParseTokenizerJson(std::span<const std::byte> bytes,
                                        const CancelFlag* cancel) {
  TokenizerVisitor visitor;
  visitor.cancel = cancel;
  GEMMA4_RETURN_IF_ERROR(VisitJson(bytes, visitor));
  if (visitor.has_skipped_merges) {
    visitor.is_second_visit = true;
    GEMMA4_RETURN_IF_ERROR(VisitJson(bytes, visitor));
  }
  return std::move(visitor).Finish();
}

}  // namespace gemma4
