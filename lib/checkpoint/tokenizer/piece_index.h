// From a piece's text to its id, in 6 bytes a piece.
#ifndef GEMMA4_LIB_CHECKPOINT_TOKENIZER_PIECE_INDEX_H_
#define GEMMA4_LIB_CHECKPOINT_TOKENIZER_PIECE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/model/vocabulary.h"

namespace gemma4 {

// An open-addressing table of ids, two thirds full: std::unordered_map would take more memory than
// the vocabulary itself.
class PieceIndex {
 public:
  static constexpr int32_t kNone = -1;

  // `max_pieces` bounds how many are added. `pieces` is given to each call, since it may grow.
  explicit PieceIndex(size_t max_pieces) : slots_(max_pieces + max_pieces / 2 + 1, kNone) {}

  // Adds pieces[id]; if its text is there already, changes nothing and returns the id it has.
  int32_t Add(std::span<const Piece> pieces, int32_t id);
  // kNone if no piece has this text.
  int32_t Find(std::span<const Piece> pieces, std::string_view text) const;

 private:
  // The slot that has `text`, or the empty one where it belongs.
  size_t SlotOf(std::span<const Piece> pieces, std::string_view text) const;

  std::vector<int32_t> slots_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_TOKENIZER_PIECE_INDEX_H_
