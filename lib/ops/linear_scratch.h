// LinearScratch: memory that one call of a linear layer works in.
#ifndef GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_
#define GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_

#include <cstddef>

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

// Reserved once; one call at a time.
struct LinearScratch {
  static StatusOr<LinearScratch> Create(const LinearLimits& limits);

  RowQuantizer quantizer;  // the int8 form of a layer's input
  Int4BlockGemmScratch gemm;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_SCRATCH_H_
