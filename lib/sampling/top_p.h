// Top-p: the nucleus of a distribution.
#ifndef GEMMA4_LIB_SAMPLING_TOP_P_H_
#define GEMMA4_LIB_SAMPLING_TOP_P_H_

#include <vector>

#include "lib/sampling/candidate.h"

namespace gemma4 {

// Keeps the smallest set of most preferred candidates whose weights reach `top_p` of the sum of
// all, at least one, most preferred first. top_p >= 1 keeps all as they are. Allocates nothing.
void KeepTopP(float top_p, std::vector<Candidate>& candidates);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_TOP_P_H_
