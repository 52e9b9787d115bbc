#include "lib/ops/linear.h"

#include <xnnpack.h>

#include <cmath>
#include <utility>
#include <vector>

#include "lib/ops/linear_weights.h"
#include "lib/ops/xnnpack_status.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

// Zero in the middle of int4's stored values 0 ... 15.
constexpr uint8_t kInt4ZeroPoint = 8;

// What XNNPACK calls each format's operator. The int8 and int4 ones read the int8 form of x.
struct FormatCalls {
  decltype(&xnn_reshape_fully_connected_nc_qd8_f32_qc8w) reshape;
  decltype(&xnn_setup_fully_connected_nc_qd8_f32_qc8w) setup;
};

FormatCalls QuantizedCalls(LinearFormat format) {
  switch (format) {
    case LinearFormat::kF32: break;  // not quantized
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

// The arrays that XNNPACK reads weights and scales from. Where it finds packed weights it reads no
// weights, but looks at scales all the same.
struct OperatorArrays {
  const void* weights = nullptr;
  const float* row_scales = nullptr;
  const uint16_t* block_scales = nullptr;
};

xnn_status CreateOperator(LinearFormat format, size_t in, size_t out, const OperatorArrays& arrays,
                          xnn_weights_cache_provider* provider, xnn_operator** op) {
  switch (format) {
    case LinearFormat::kF32:
      return xnn_create_fully_connected_nc_f32(
          in, out, in, out, static_cast<const float*>(arrays.weights), /*bias=*/nullptr, -INFINITY,
          INFINITY, /*flags=*/0, /*code_cache=*/nullptr, provider, op);
    case LinearFormat::kInt8Rows:
      return xnn_create_fully_connected_nc_qd8_f32_qc8w(
          in, out, in, out, arrays.row_scales, static_cast<const int8_t*>(arrays.weights),
          /*bias=*/nullptr, -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, provider, op);
    case LinearFormat::kInt4Rows:
      return xnn_create_fully_connected_nc_qd8_f32_qc4w(
          in, out, in, out, kInt4ZeroPoint, arrays.row_scales, arrays.weights, /*bias=*/nullptr,
          -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, provider, op);
    case LinearFormat::kInt4Blocks:
      return xnn_create_fully_connected_nc_qd8_f32_qb4w(
          in, out, in, out, kInt4Block, kInt4ZeroPoint, arrays.block_scales, arrays.weights,
          /*bias=*/nullptr, -INFINITY, INFINITY, /*flags=*/0, /*code_cache=*/nullptr, provider, op);
  }
  return xnn_status_invalid_parameter;
}

xnn_status CreateFromPacked(PackedWeights& packed, LinearFormat format, const LinearSpec& spec,
                            xnn_operator** op) {
  OperatorArrays arrays;
  arrays.row_scales = packed.Ones(spec.out_features);
#ifndef GEMMA4_XNNPACK_TRUSTS_PACKED_SCALES
  if (format == LinearFormat::kInt4Blocks) {
    arrays.block_scales = packed.Bf16Ones(spec.out_features * (spec.in_features / kInt4Block));
  }
#endif
  PackedWeights::Access access(packed, spec.id);
  return CreateOperator(format, spec.in_features, spec.out_features, arrays, access.provider(), op);
}

xnn_status CreateAndPack(PackedWeights& packed, LinearFormat format, const LinearSpec& spec,
                         const LinearWeights& weights, xnn_operator** op) {
  OperatorArrays arrays;
  arrays.weights = format == LinearFormat::kF32 ? static_cast<const void*>(weights.f32.data())
                   : format == LinearFormat::kInt8Rows
                       ? static_cast<const void*>(weights.int8.data())
                       : static_cast<const void*>(weights.int4.data());
  arrays.row_scales = weights.row_scales.data();
  // Q4_0's rounding gives about half of the blocks a negative scale. XNNPACK's kernels multiply by
  // a scale whatever its sign, but its checks refuse negative ones: they are shown ones, and the
  // scales take their place before the weights are packed.
  constexpr uint16_t kOne = 0x3f80;  // bf16
  std::vector<uint16_t> scales(weights.block_scales.size(), kOne);
  arrays.block_scales = scales.data();
  PackedWeights::Access access(packed, spec.id, [&] {
    std::copy(weights.block_scales.begin(), weights.block_scales.end(), scales.begin());
  });
  return CreateOperator(format, spec.in_features, spec.out_features, arrays, access.provider(), op);
}

}  // namespace

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

StatusOr<Linear> Linear::Create(PackedWeights& packed, LinearFormat wanted,
                                const LinearSpec& spec) {
  GEMMA4_RETURN_IF_ERROR(InitializeXnnpack());
  const LinearFormat format = FormatFor(wanted, spec.in_features);
  Linear linear;
  linear.format_ = format;
  linear.in_features_ = spec.in_features;
  linear.out_features_ = spec.out_features;
  xnn_operator* op = nullptr;
  xnn_status status = xnn_status_invalid_state;
  if (packed.Contains(spec.id)) {
    status = CreateFromPacked(packed, format, spec, &op);
  } else {
    GEMMA4_ASSIGN_OR_RETURN(const LinearWeights weights, ReadLinearWeights(format, spec));
    status = CreateAndPack(packed, format, spec, weights, &op);
  }
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(status, "create a linear layer"));
  linear.op_.reset(op);
  return linear;
}

StatusOr<size_t> PackedSizeBytes(LinearFormat format, size_t in_features, size_t out_features) {
  GEMMA4_RETURN_IF_ERROR(InitializeXnnpack());
  // XNNPACK packs output rows in tiles of a power of two of rows, so many bytes a row, and aligns
  // the whole; kTile rows are whole tiles and aligned, and one row more tells how high a tile is.
  constexpr size_t kTile = 64;
  constexpr size_t kAlignment = 64;
  const std::vector<float> row_scales(2 * kTile, 1.0f);
  const std::vector<uint16_t> block_scales(2 * kTile * (in_features / kInt4Block + 1), 0x3f80);
  const auto probe = [&](size_t out) {
    SizeProbe size_probe;
    xnn_operator* op = nullptr;
    CreateOperator(format, in_features, out,
                   {row_scales.data(), row_scales.data(), block_scales.data()},
                   size_probe.provider(), &op);  // fails for want of memory
    return size_probe.size_bytes();
  };
  const auto round_up = [](size_t value, size_t unit) { return (value + unit - 1) / unit * unit; };
  const size_t row_bytes = probe(kTile) / kTile, more_bytes = probe(kTile + 1);
  for (size_t tile_rows = kTile; tile_rows > 0 && row_bytes > 0; tile_rows /= 2) {
    if (round_up(round_up(kTile + 1, tile_rows) * row_bytes, kAlignment) != more_bytes) continue;
    return round_up(round_up(out_features, tile_rows) * row_bytes, kAlignment);
  }
  return Status::Internal("XNNPACK packs %zu rows of %zu inputs into %zu bytes, one more into %zu",
                          kTile, in_features, row_bytes * kTile, more_bytes);
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
  const FormatCalls calls = QuantizedCalls(format_);
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(calls.reshape(op, num_rows, pool.handle()), "reshape a linear layer"));
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(calls.setup(op, quantizer.values(), y, quantizer.params()),
                                       "set up a linear layer"));
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

}  // namespace gemma4
