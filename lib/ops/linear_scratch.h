// LinearScratch: memory that one call of a linear layer works in.
#ifndef GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_
#define GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_

#include <cstddef>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/ops/int4_block_gemm.h"
#include "lib/ops/row_quantizer.h"

namespace gemma4 {

// The largest call a LinearScratch has room for.
struct LinearLimits {
  size_t num_threads = 1;
  size_t max_rows = 0;
  size_t max_in_features = 0;
};

// Reserved once; costs memory only as far as it is used. One call at a time.
struct LinearScratch {
  static StatusOr<LinearScratch> Create(const LinearLimits& limits);

  RowQuantizer quantizer;    // the int8 form of a layer's input
  AnonymousMemory f32_rows;  // [max_rows, max_in_features] the input of an f32 layer, if it is made
  Int4BlockGemmScratch gemm;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_
