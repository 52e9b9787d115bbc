// An adjusted logit, kept among the numbers that the next steps can reckon with.
#ifndef GEMMA4_LIB_SAMPLING_FINITE_LOGIT_H_
#define GEMMA4_LIB_SAMPLING_FINITE_LOGIT_H_

#include <algorithm>
#include <limits>

namespace gemma4 {

// What was finite stays finite: a huge bias or penalty ends at float32's largest and smallest
// number, as -infinity would mean "suppressed" and +infinity has no probability.
inline float FiniteLogit(float adjusted) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  return std::clamp(adjusted, -kLargest, kLargest);
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_FINITE_LOGIT_H_
