// The weights of a linear layer in the form XNNPACK packs from.
#ifndef GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_
#define GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "lib/base/status.h"
#include "lib/ops/linear.h"

namespace gemma4 {

// A passing buffer: freed when XNNPACK has packed it.
struct LinearWeights {
  std::vector<float> f32;              // [out, in]
  std::vector<int8_t> int8;            // [out, in]
  std::vector<uint8_t> int4;           // [out, in / 2]
  std::vector<float> row_scales;       // [out]
  std::vector<uint16_t> block_scales;  // [out, in / 32], bf16
};

// Reads, converts and stacks the parts of `spec`. kCorrupt names a tensor with a weight that is not
// a finite number.
StatusOr<LinearWeights> ReadLinearWeights(LinearFormat format, const LinearSpec& spec);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_
