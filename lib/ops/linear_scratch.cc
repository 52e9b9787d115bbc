#include "lib/ops/linear_scratch.h"

#include <xnnpack.h>

namespace gemma4 {

StatusOr<LinearScratch> LinearScratch::Create(const LinearLimits& limits) {
  LinearScratch scratch;
  GEMMA4_ASSIGN_OR_RETURN(
      scratch.quantizer,
      RowQuantizer::Create(limits.num_threads, limits.max_rows, limits.max_in_features));
  GEMMA4_ASSIGN_OR_RETURN(
      scratch.f32_rows,
      AnonymousMemory::Reserve(
          limits.max_rows * limits.max_in_features * sizeof(float) + XNN_EXTRA_BYTES,
          "rows of activations"));
  GEMMA4_ASSIGN_OR_RETURN(scratch.gemm,
                          Int4BlockGemmScratch::Create(limits.num_threads, limits.max_rows));
  return scratch;
}

}  // namespace gemma4
