#include "lib/constraint/char_ranges.h"

#include <algorithm>

namespace gemma4::constraint {

CharRanges Normalize(CharRanges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CharRange& a, const CharRange& b) { return a.first < b.first; });
  CharRanges merged;
  for (const CharRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

CharRanges Complement(const CharRanges& ranges) {
  CharRanges others;
  char32_t next = 0;
  for (const CharRange& range : ranges) {
    if (range.first > next) others.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kMaxChar) others.push_back({next, kMaxChar});
  return others;
}

bool Intersects(const CharRanges& ranges, CharRange range) {
  const auto found =
      std::lower_bound(ranges.begin(), ranges.end(), range.first,
                       [](const CharRange& a, char32_t first) { return a.last < first; });
  return found != ranges.end() && found->first <= range.last;
}

bool Contains(const CharRanges& ranges, char32_t c) { return Intersects(ranges, {c, c}); }

}  // namespace gemma4::constraint
