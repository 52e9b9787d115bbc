// Candidate: a token that may be chosen next.
#ifndef GEMMA4_LIB_SAMPLING_CANDIDATE_H_
#define GEMMA4_LIB_SAMPLING_CANDIDATE_H_

#include <cstdint>

namespace gemma4 {

struct Candidate {
  int32_t token_id;
  float logit;
  double weight;  // its probability times a factor that all candidates share
};

// The order of preference: larger logits first, and of equal ones the smaller id, so that every
// choice is decided by the logits alone.
inline bool Precedes(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token_id < b.token_id;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_CANDIDATE_H_
