#include "lib/ops/linear.h"

#include <xnnpack.h>

#include <cassert>
#include <utility>

#include "lib/ops/initialize_kernels.h"
#include "lib/ops/linear_operator.h"
#include "lib/ops/pack_linear.h"
#include "lib/ops/xnnpack_status.h"
#include "lib/quant/int4.h"

namespace gemma4 {

void Linear::OperatorDeleter::operator()(xnn_operator* op) const { xnn_delete_operator(op); }

Linear::Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;
Linear::~Linear() = default;

LinearFormat FormatFor(LinearFormat wanted, size_t in_features) {
  const bool divides = wanted == LinearFormat::kInt4Rows     ? in_features % 2 == 0
                       : wanted == LinearFormat::kInt4Blocks ? in_features % kInt4Block == 0
                                                             : true;
  return divides ? wanted : LinearFormat::kInt8Rows;
}

StatusOr<Linear> Linear::Create(PackedWeights& packed, LinearFormat format,
                                const LinearSpec& spec) {
  return CreateSlice(packed, format, spec, 0, spec.out_features);
}

StatusOr<Linear> Linear::CreateSlice(PackedWeights& packed, LinearFormat format,
                                     const LinearSpec& spec, size_t begin, size_t end) {
  assert(begin % kLinearSliceRows == 0 && begin < end && end <= spec.out_features);
  GEMMA4_RETURN_IF_ERROR(InitializeKernels());
  size_t offset_bytes = 0;
  if (begin > 0) {
    GEMMA4_ASSIGN_OR_RETURN(offset_bytes, PackedSizeBytes(format, spec.in_features, begin));
  }
  Linear linear;
  linear.format_ = format;
  linear.in_features_ = spec.in_features;
  linear.out_features_ = end - begin;
  OperatorArrays arrays;
  arrays.row_scales = packed.Ones(spec.out_features);
#ifndef GEMMA4_XNNPACK_TRUSTS_PACKED_SCALES
  if (format == LinearFormat::kInt4Blocks) {
    arrays.block_scales = packed.Bf16Ones(spec.out_features * (spec.in_features / kInt4Block));
  }
#endif
  xnn_operator* op = nullptr;
  {
    PackedWeights::Access access(packed, spec.id, offset_bytes);
    GEMMA4_RETURN_IF_ERROR(XnnpackStatus(
        CreateLinearOperator(format, spec.in_features, end - begin, arrays, access.provider(), &op),
        "create a linear layer"));
  }
  linear.op_.reset(op);
  return linear;
}

Status Linear::Run(const float* x, size_t num_rows, float* y, RowQuantizer& quantizer,
                   ThreadPool& pool) {
  if (num_rows == 0) return Status::Ok();
  xnn_operator* op = op_.get();
  if (format_ == LinearFormat::kF32) {
    GEMMA4_RETURN_IF_ERROR(XnnpackStatus(
        xnn_reshape_fully_connected_nc_f32(op, num_rows, pool.handle()), "reshape a linear layer"));
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_setup_fully_connected_nc_f32(op, x, y), "set up a linear layer"));
    return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
  }
  GEMMA4_RETURN_IF_ERROR(quantizer.Quantize(x, num_rows, in_features_, pool));
  const QuantizedLinearCalls calls = QuantizedCalls(format_);
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(calls.reshape(op, num_rows, pool.handle()), "reshape a linear layer"));
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(calls.setup(op, quantizer.values(), y, quantizer.params()),
                                       "set up a linear layer"));
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

}  // namespace gemma4
