#include "lib/ops/linear_operator.h"

#include <cmath>

#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

// Zero in the middle of int4's stored values 0 ... 15.
constexpr uint8_t kInt4ZeroPoint = 8;

}  // namespace

xnn_status CreateLinearOperator(LinearFormat format, size_t in, size_t out,
                                const OperatorArrays& arrays, xnn_weights_cache_provider* cache,
                                xnn_operator** op) {
  switch (format) {
    case LinearFormat::kF32:
      return xnn_create_fully_connected_nc_f32(
          in, out, in, out, static_cast<const float*>(arrays.weights), /*bias=*/nullptr, -INFINITY,
          INFINITY, /*flags=*/0, /*code_cache=*/nullptr, cache, op);
    case LinearFormat::kInt8Rows:
      return xnn_create_fully_connected_nc_qd8_f32_qc8w(
          in, out, in, out, arrays.row_scales, static_cast<const int8_t*>(arrays.weights),
          /*bias=*/nullptr, -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, cache, op);
    case LinearFormat::kInt4Rows:
      return xnn_create_fully_connected_nc_qd8_f32_qc4w(
          in, out, in, out, kInt4ZeroPoint, arrays.row_scales, arrays.weights, /*bias=*/nullptr,
          -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, cache, op);
    case LinearFormat::kInt4Blocks:
      return xnn_create_fully_connected_nc_qd8_f32_qb4w(
          in, out, in, out, kInt4Block, kInt4ZeroPoint, arrays.block_scales, arrays.weights,
          /*bias=*/nullptr, -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, cache, op);
  }
  return xnn_status_invalid_parameter;
}

QuantizedLinearCalls QuantizedCalls(LinearFormat format) {
  switch (format) {
    case LinearFormat::kF32: break;
    case LinearFormat::kInt8Rows:
      return {xnn_reshape_fully_connected_nc_qd8_f32_qc8w,
              xnn_setup_fully_connected_nc_qd8_f32_qc8w};
    case LinearFormat::kInt4Rows:
      return {xnn_reshape_fully_connected_nc_qd8_f32_qc4w,
              xnn_setup_fully_connected_nc_qd8_f32_qc4w};
    case LinearFormat::kInt4Blocks:
      return {xnn_reshape_fully_connected_nc_qd8_f32_qb4w,
              xnn_setup_fully_connected_nc_qd8_f32_qb4w};
  }
  return {};
}

}  // namespace gemma4
