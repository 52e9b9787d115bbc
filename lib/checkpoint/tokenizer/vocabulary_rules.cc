#include "lib/checkpoint/tokenizer/vocabulary_rules.h"

#include <cstdio>
#include <string>

#include "lib/base/one_line.h"
#include "lib/base/utf8.h"

namespace gemma4 {

std::optional<uint8_t> ParseBytePiece(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(3, 2)) {
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if (c >= 'A' && c <= 'F') {
      value = value * 16 + static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
  }
  return static_cast<uint8_t>(value);
}

PieceKind KindOfSetApartPiece(std::string_view text, bool is_special) {
  if (!text.empty() && text.find_first_not_of('\n') == text.npos) return PieceKind::kCut;
  const bool opens = text.starts_with("<|"), closes = text.ends_with("|>");
  const bool is_marker =
      text.size() > 3 && text.front() == '<' && text.back() == '>' && (opens || closes);
  return is_special || is_marker ? PieceKind::kControl : PieceKind::kNormal;
}

Status CheckPieces(const Vocabulary& vocabulary) {
  for (size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece& piece = vocabulary.pieces[id];
    size_t num_characters = 0;
    for (std::string_view rest = piece.text; !rest.empty(); ++num_characters) {
      const size_t size = Utf8CharacterBytes(rest);
      if (size == 0) {
        return Status::Corrupt("piece %zu, %s, is not UTF-8", id, CutToOneLine(piece.text).c_str());
      }
      rest.remove_prefix(size);
    }
    if (num_characters == 0) return Status::Corrupt("piece %zu is empty", id);
    if (num_characters == 1 && piece.kind == PieceKind::kControl) {
      return Status::Unsupported("piece %zu, %s, is a control token of one character", id,
                                 CutToOneLine(piece.text).c_str());
    }
  }
  return Status::Ok();
}

Status FinishVocabulary(const PieceIndex& index, std::string_view unknown_text,
                        Vocabulary& vocabulary) {
  std::vector<Piece>& pieces = vocabulary.pieces;
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", static_cast<unsigned>(byte));
    const int32_t id = index.Find(pieces, text);
    if (id == PieceIndex::kNone) {
      return Status::Unsupported("has no piece %s; Gemma 4's tokenizer has one for every byte",
                                 text);
    }
    pieces[static_cast<size_t>(id)].kind = PieceKind::kByte;
  }
  const struct {
    std::string_view text;
    int32_t* id;
  } named[] = {{"<bos>", &vocabulary.bos_token_id},
               {"<eos>", &vocabulary.eos_token_id},
               {"<pad>", &vocabulary.pad_token_id},
               {unknown_text, &vocabulary.unk_token_id}};
  for (const auto& [text, id] : named) {
    *id = index.Find(pieces, text);
    if (*id == PieceIndex::kNone) {
      return Status::Corrupt("has no piece %s", CutToOneLine(text).c_str());
    }
    pieces[static_cast<size_t>(*id)].kind = PieceKind::kControl;
  }
  pieces[static_cast<size_t>(vocabulary.unk_token_id)].kind = PieceKind::kUnknown;
  return CheckPieces(vocabulary);
}

}  // namespace gemma4
