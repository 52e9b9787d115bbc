// Log-sum-exp: the logarithm of a softmax's denominator.
#ifndef GEMMA4_LIB_OPS_LOG_SUM_EXP_H_
#define GEMMA4_LIB_OPS_LOG_SUM_EXP_H_

#include <span>

namespace gemma4 {

// log(sum of exp(x[i])), in float64. -infinity adds nothing. REQUIRES: `largest` is the largest of
// x and finite; none is NaN. A sum's last bits differ between CPUs whose vectors differ in length.
double LogSumExp(std::span<const float> x, float largest);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LOG_SUM_EXP_H_
