// Top-k: the candidates to begin with.
#ifndef GEMMA4_LIB_SAMPLING_TOP_K_H_
#define GEMMA4_LIB_SAMPLING_TOP_K_H_

#include <cstddef>
#include <span>
#include <vector>

#include "lib/sampling/allowed_tokens.h"
#include "lib/sampling/candidate.h"

namespace gemma4 {

// Fills `candidates` with the `k` largest of `logits` [vocab_size] that are allowed and not
// -infinity, most preferred first; with all of them, in the order of their ids, where k is 0 or not
// less than vocab_size. Weights are not set. Allocates nothing where `candidates` has capacity for
// the result. Exactly k stay: where transformers keeps all that equal the k-th, the smaller id
// wins.
void SelectTopK(std::span<const float> logits, const AllowedTokens& allowed, size_t k,
                std::vector<Candidate>& candidates);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_TOP_K_H_
