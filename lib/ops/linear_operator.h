// XNNPACK's fully connected operators, one for each LinearFormat, behind one set of calls.
#ifndef GEMMA4_LIB_OPS_LINEAR_OPERATOR_H_
#define GEMMA4_LIB_OPS_LINEAR_OPERATOR_H_

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>

#include "lib/ops/linear.h"

namespace gemma4 {

// The arrays that XNNPACK reads weights and scales from. Where its weights cache has the packed
// weights it reads none of them, but some versions look at the scales all the same.
struct OperatorArrays {
  const void* weights = nullptr;
  const float* row_scales = nullptr;
  const uint16_t* block_scales = nullptr;
};

xnn_status CreateLinearOperator(LinearFormat format, size_t in, size_t out,
                                const OperatorArrays& arrays, xnn_weights_cache_provider* cache,
                                xnn_operator** op);

// What XNNPACK calls each format's operator. The int8 and int4 ones read the int8 form of x.
// REQUIRES: not kF32.
struct QuantizedLinearCalls {
  decltype(&xnn_reshape_fully_connected_nc_qd8_f32_qc8w) reshape;
  decltype(&xnn_setup_fully_connected_nc_qd8_f32_qc8w) setup;
};
QuantizedLinearCalls QuantizedCalls(LinearFormat format);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_OPERATOR_H_
