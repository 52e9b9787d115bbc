// GELU (tanh form) times a gate's partner: the middle of the FFN and of the PLE block.
#ifndef GEMMA4_LIB_OPS_GELU_H_
#define GEMMA4_LIB_OPS_GELU_H_

#include <cstddef>

namespace gemma4 {

// out[i] = gelu(gate[i]) * up[i], i < size: one row, on the calling thread, where
//   gelu(z) = z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 z^3))).
// out may be gate's memory. Source: gelu_pytorch_tanh.
void GeluMulRow(const float* gate, const float* up, size_t size, float* out);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_GELU_H_
