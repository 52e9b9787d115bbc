// Whether numbers are numbers.
#ifndef GEMMA4_LIB_BASE_FINITE_H_
#define GEMMA4_LIB_BASE_FINITE_H_

#include <cmath>
#include <limits>
#include <span>

namespace gemma4 {

// False if any value is infinite or NaN. One pass that the compiler vectorises.
inline bool AllFinite(std::span<const float> values) {
  bool finite = true;
  for (float value : values) finite &= std::fabs(value) <= std::numeric_limits<float>::max();
  return finite;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_FINITE_H_
