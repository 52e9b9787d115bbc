#include "lib/sampling/top_p.h"

#include <algorithm>
#include <iterator>

namespace gemma4 {

void KeepTopP(float top_p, std::vector<Candidate>& candidates) {
  if (top_p >= 1.0f || candidates.empty()) return;
  double sum = 0.0;
  for (const Candidate& candidate : candidates) sum += candidate.weight;
  const double wanted = static_cast<double>(top_p) * sum;

  // Few of many stay: a heap with the most preferred in front instead of sorting them all. Each
  // pop puts the next one before the last one popped, at the end of the vector.
  const auto less_preferred = [](const Candidate& a, const Candidate& b) { return Precedes(b, a); };
  std::make_heap(candidates.begin(), candidates.end(), less_preferred);
  double reached = 0.0;
  auto heap_end = candidates.end();
  do {
    std::pop_heap(candidates.begin(), heap_end, less_preferred);
    --heap_end;
    reached += heap_end->weight;
  } while (reached < wanted && heap_end != candidates.begin());
  std::reverse(candidates.begin(), candidates.end());
  candidates.erase(candidates.begin() + std::distance(heap_end, candidates.end()),
                   candidates.end());
}

}  // namespace gemma4
