#include "lib/ops/linear.h"

#include <xnnpack.h>

#include <cassert>
#include <cmath>
#include <utility>
#include <vector>

#include "lib/ops/xnnpack_status.h"
#include "lib/quant/dequantize.h"
#include "lib/quant/int8_rows.h"

namespace gemma4 {
namespace {

// Calls visit(output row, dequantised row [in_features]) for every row of the stacked parts.
template <typename Visit>
void ForEachRow(const LinearSpec& spec, Visit visit) {
  std::vector<float> row(spec.in_features);
  size_t out_row = 0;
  for (const TensorView& part : spec.parts) {
    for (size_t r = 0; r < part.shape[0]; ++r) {
      DequantizeRow(part, r, row);
      visit(out_row++, row);
    }
  }
  assert(out_row == spec.out_features);
}

// The unpacked weights of one layer in the form XNNPACK packs from; freed when it has.
struct Unpacked {
  std::vector<float> f32;   // [out, in]
  std::vector<int8_t> int8;  // [out, in]
  std::vector<float> scale;  // [out]
};

Unpacked Unpack(LinearFormat format, const LinearSpec& spec) {
  Unpacked unpacked;
  const size_t in = spec.in_features;
  if (format == LinearFormat::kF32) {
    unpacked.f32.resize(spec.out_features * in);
    ForEachRow(spec, [&](size_t r, std::span<const float> row) {
      std::copy(row.begin(), row.end(), unpacked.f32.begin() + static_cast<ptrdiff_t>(r * in));
    });
  } else {
    unpacked.int8.resize(spec.out_features * in);
    unpacked.scale.resize(spec.out_features);
    ForEachRow(spec, [&](size_t r, std::span<const float> row) {
      unpacked.scale[r] = QuantizeInt8Row(row, std::span(unpacked.int8).subspan(r * in, in));
    });
  }
  return unpacked;
}

}  // namespace

void Linear::OperatorDeleter::operator()(xnn_operator* op) const { xnn_delete_operator(op); }

Linear::Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;
Linear::~Linear() = default;

StatusOr<Linear> Linear::Create(PackedWeights& weights, LinearFormat format,
                                const LinearSpec& spec) {
  GEMMA4_RETURN_IF_ERROR(InitializeXnnpack());
  Unpacked unpacked;
  if (!weights.Contains(spec.id)) unpacked = Unpack(format, spec);

  Linear linear;
  linear.format_ = format;
  linear.in_features_ = spec.in_features;
  linear.out_features_ = spec.out_features;
  PackedWeights::Session session(weights, spec.id);
  xnn_operator* op = nullptr;
  xnn_status status;
  if (format == LinearFormat::kF32) {
    status = xnn_create_fully_connected_nc_f32(
        spec.in_features, spec.out_features, spec.in_features, spec.out_features,
        unpacked.f32.data(), /*bias=*/nullptr, -INFINITY, INFINITY, /*flags=*/0,
        /*code_cache=*/nullptr, session.provider(), &op);
  } else {
    status = xnn_create_fully_connected_nc_qd8_f32_qc8w(
        spec.in_features, spec.out_features, spec.in_features, spec.out_features,
        unpacked.scale.data(), unpacked.int8.data(), /*bias=*/nullptr, -INFINITY, INFINITY,
        /*flags=*/0, /*code_cache=*/nullptr, session.provider(), &op);
  }
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(status, "create a linear layer"));
  linear.op_.reset(op);
  return linear;
}

Status Linear::Run(const float* x, size_t num_rows, float* y, RowQuantizer& quantizer,
                   ThreadPool& pool) {
  if (num_rows == 0) return Status::Ok();
  xnn_operator* op = op_.get();
  if (format_ == LinearFormat::kF32) {
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_reshape_fully_connected_nc_f32(op, num_rows, pool.handle()),
                      "reshape a linear layer"));
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_setup_fully_connected_nc_f32(op, x, y), "set up a linear layer"));
  } else {
    GEMMA4_RETURN_IF_ERROR(quantizer.Quantize(x, num_rows, in_features_, pool));
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_reshape_fully_connected_nc_qd8_f32_qc8w(op, num_rows, pool.handle()),
                      "reshape a linear layer"));
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_setup_fully_connected_nc_qd8_f32_qc8w(op, quantizer.values(), y,
                                                                quantizer.params()),
                      "set up a linear layer"));
  }
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

}  // namespace gemma4
