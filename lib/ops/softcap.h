// The cap on the final logits.
#ifndef GEMMA4_LIB_OPS_SOFTCAP_H_
#define GEMMA4_LIB_OPS_SOFTCAP_H_

#include <span>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// x = cap * tanh(x / cap), in place. Source: final_logit_softcapping of Gemma4ForCausalLM.
void Softcap(std::span<float> x, float cap, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_SOFTCAP_H_
