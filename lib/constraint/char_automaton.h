// CharAutomaton: which strings of code points are allowed; deterministic.
#ifndef GEMMA4_LIB_CONSTRAINT_CHAR_AUTOMATON_H_
#define GEMMA4_LIB_CONSTRAINT_CHAR_AUTOMATON_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/char_ranges.h"

namespace gemma4::constraint {

struct CharEdge {
  CharRange range;
  uint32_t target = 0;
};

struct CharState {
  std::vector<CharEdge> edges;  // sorted by range, apart from each other
  bool accepts = false;
};

// From every state an accepting one can be reached; state 0 is the start. No states: no string.
class CharAutomaton {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kMaxStates = 20000;

  CharAutomaton() = default;
  // Drops what cannot be reached or leads nowhere.
  explicit CharAutomaton(std::vector<CharState> states);

  // All strings over `alphabet`.
  static CharAutomaton AllOver(const CharRanges& alphabet);
  // Exactly these.
  static CharAutomaton OneOf(std::span<const std::u32string> strings);

  // Those strings of this one that have from `min` to `max` code points. kUnsupported where that
  // takes more than kMaxStates.
  StatusOr<CharAutomaton> WithLength(uint32_t min, uint32_t max) const;

  bool is_empty() const { return states_.empty(); }
  bool Accepts(uint32_t state) const { return states_[state].accepts; }
  // kNone where `c` may not follow.
  uint32_t Next(uint32_t state, char32_t c) const;
  bool HasEdgeIn(uint32_t state, CharRange range) const;
  // Whether all code points from U+0020 on lead from state 0 to state 0, which accepts.
  bool is_free() const { return is_free_; }
  const std::vector<CharState>& states() const { return states_; }

 private:
  std::vector<CharState> states_;
  bool is_free_ = false;
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_CHAR_AUTOMATON_H_
