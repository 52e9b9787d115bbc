#include "lib/checkpoint/tokenizer/piece_index.h"

#include <functional>

namespace gemma4 {

size_t PieceIndex::SlotOf(std::span<const Piece> pieces, std::string_view text) const {
  size_t slot = std::hash<std::string_view>()(text) % slots_.size();
  while (slots_[slot] != kNone && pieces[static_cast<size_t>(slots_[slot])].text != text) {
    slot = slot + 1 == slots_.size() ? 0 : slot + 1;
  }
  return slot;
}

int32_t PieceIndex::Add(std::span<const Piece> pieces, int32_t id) {
  int32_t& entry = slots_[SlotOf(pieces, pieces[static_cast<size_t>(id)].text)];
  if (entry == kNone) {
    entry = id;
    return kNone;
  }
  return entry;
}

int32_t PieceIndex::Find(std::span<const Piece> pieces, std::string_view text) const {
  return slots_[SlotOf(pieces, text)];
}

}  // namespace gemma4
