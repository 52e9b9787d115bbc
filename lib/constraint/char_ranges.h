// CharRanges: a set of code points.
#ifndef GEMMA4_LIB_CONSTRAINT_CHAR_RANGES_H_
#define GEMMA4_LIB_CONSTRAINT_CHAR_RANGES_H_

#include <vector>

namespace gemma4::constraint {

inline constexpr char32_t kMaxChar = 0x10FFFF;

struct CharRange {
  char32_t first = 0;
  char32_t last = 0;  // included

  bool operator==(const CharRange&) const = default;
};

// Sorted, apart from each other: after Normalize.
using CharRanges = std::vector<CharRange>;

// Sorts, and merges what overlaps or touches.
CharRanges Normalize(CharRanges ranges);

// Every code point that is not in `ranges`, which are normalized.
CharRanges Complement(const CharRanges& ranges);

// `ranges` are normalized.
bool Contains(const CharRanges& ranges, char32_t c);
bool Intersects(const CharRanges& ranges, CharRange range);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_CHAR_RANGES_H_
