// GELU (tanh form) times a gate's partner: the middle of the FFN and of the PLE block.
#ifndef GEMMA4_LIB_OPS_GELU_H_
#define GEMMA4_LIB_OPS_GELU_H_

#include <cstddef>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// out[r, i] = gelu(gate[r, i]) * up[r, i], i < size, for each of num_rows rows, where
//   gelu(z) = z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 z^3))).
// Rows are gate_stride, up_stride and out_stride values apart (GeGLU: gate and up lie side by side
// in one row). out may be gate's memory. Source: gelu_pytorch_tanh.
void GeluMul(const float* gate, size_t gate_stride, const float* up, size_t up_stride,
             size_t num_rows, size_t size, float* out, size_t out_stride, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_GELU_H_
