// Min-p: no candidate far less likely than the likeliest.
#ifndef GEMMA4_LIB_SAMPLING_MIN_P_H_
#define GEMMA4_LIB_SAMPLING_MIN_P_H_

#include <vector>

#include "lib/sampling/candidate.h"

namespace gemma4 {

// Takes out the candidates whose weight is less than `min_p` of the largest one; the others keep
// their order. min_p 0 keeps all, 1 those that equal the largest. Allocates nothing.
// Source: MinPLogitsWarper, transformers/generation/logits_process.py.
void KeepMinP(float min_p, std::vector<Candidate>& candidates);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_MIN_P_H_
