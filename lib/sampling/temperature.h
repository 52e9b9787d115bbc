// Temperature: logits to weights.
#ifndef GEMMA4_LIB_SAMPLING_TEMPERATURE_H_
#define GEMMA4_LIB_SAMPLING_TEMPERATURE_H_

#include <span>

#include "lib/sampling/candidate.h"

namespace gemma4 {

// weight = exp((logit - largest logit) / temperature): 1 for the most preferred. In float64, as
// float32 would round small probabilities of a large vocabulary away. REQUIRES: temperature > 0,
// finite logits.
void ApplyTemperature(float temperature, std::span<Candidate> candidates);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_TEMPERATURE_H_
