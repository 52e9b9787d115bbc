#include "lib/sampling/temperature.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gemma4 {

void ApplyTemperature(float temperature, std::span<Candidate> candidates) {
  float largest = -std::numeric_limits<float>::infinity();
  for (const Candidate& candidate : candidates) largest = std::max(largest, candidate.logit);
  for (Candidate& candidate : candidates) {
    const double below = static_cast<double>(candidate.logit) - static_cast<double>(largest);
    candidate.weight = std::exp(below / static_cast<double>(temperature));
  }
}

}  // namespace gemma4
