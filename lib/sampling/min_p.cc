#include "lib/sampling/min_p.h"

#include <algorithm>

namespace gemma4 {

void KeepMinP(float min_p, std::vector<Candidate>& candidates) {
  if (min_p <= 0.0f) return;
  double largest = 0.0;
  for (const Candidate& candidate : candidates) largest = std::max(largest, candidate.weight);
  const double least = static_cast<double>(min_p) * largest;
  std::erase_if(candidates,
                [least](const Candidate& candidate) { return candidate.weight < least; });
}

}  // namespace gemma4
