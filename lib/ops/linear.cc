#include "lib/ops/linear.h"

#include <xnnpack.h>

#include <cassert>
#include <cmath>
#include <utility>
#include <vector>

#include "lib/base/finite.h"
#include "lib/ops/xnnpack_status.h"
#include "lib/quant/dequantize.h"
#include "lib/quant/int4.h"
#include "lib/quant/int8_rows.h"

namespace gemma4 {
namespace {

Status NotFinite(const TensorView& part, size_t row) {
  return Status::Corrupt("%s: row %zu has a weight that is not a finite number", part.name.c_str(),
                         row);
}

// Calls visit(output row, dequantised row [in_features]) for every row of the stacked parts.
// kCorrupt names a row with a weight that is not finite: every output would be NaN, or, where the
// row's scale comes from its largest weight, silently wrong.
template <typename Visit>
Status ForEachRow(const LinearSpec& spec, Visit visit) {
  std::vector<float> row(spec.in_features);
  size_t out_row = 0;
  for (const TensorView& part : spec.parts) {
    for (size_t r = 0; r < part.shape[0]; ++r) {
      DequantizeRow(part, r, row);
      if (!AllFinite(row)) return NotFinite(part, r);
      visit(out_row++, row);
    }
  }
  assert(out_row == spec.out_features);
  return Status::Ok();
}

// The unpacked weights of one layer in the form XNNPACK packs from; freed when it has.
struct Unpacked {
  std::vector<float> f32;              // [out, in]
  std::vector<int8_t> int8;            // [out, in]
  std::vector<uint8_t> int4;           // [out, in / 2]
  std::vector<float> row_scales;       // [out]
  std::vector<uint16_t> block_scales;  // [out, in / 32], bf16
};

// Rows stored as Q4_0 are taken as they are.
Status UnpackInt4Blocks(const LinearSpec& spec, Unpacked& unpacked) {
  const size_t in = spec.in_features;
  std::vector<float> row(in);
  size_t out_row = 0;
  for (const TensorView& part : spec.parts) {
    for (size_t r = 0; r < part.shape[0]; ++r, ++out_row) {
      const auto nibbles = std::span(unpacked.int4).subspan(out_row * in / 2, in / 2);
      const auto scales =
          std::span(unpacked.block_scales).subspan(out_row * in / kInt4Block, in / kInt4Block);
      bool finite = true;
      if (part.type == DataType::kQ4_0) {
        finite = TranscodeQ4_0Row(part.data.data() + r * StoredSizeBytes(part.type, in), nibbles,
                                  scales);
      } else {
        DequantizeRow(part, r, row);
        finite = AllFinite(row);
        if (finite) QuantizeInt4Blocks(row, nibbles, scales);
      }
      if (!finite) return NotFinite(part, r);
    }
  }
  return Status::Ok();
}

StatusOr<Unpacked> Unpack(LinearFormat format, const LinearSpec& spec) {
  Unpacked unpacked;
  const size_t in = spec.in_features;
  const size_t out = spec.out_features;
  switch (format) {
    case LinearFormat::kF32:
      unpacked.f32.resize(out * in);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        std::copy(row.begin(), row.end(), unpacked.f32.begin() + static_cast<ptrdiff_t>(r * in));
      }));
      break;
    case LinearFormat::kInt8Rows:
      unpacked.int8.resize(out * in);
      unpacked.row_scales.resize(out);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        unpacked.row_scales[r] = QuantizeInt8Row(row, std::span(unpacked.int8).subspan(r * in, in));
      }));
      break;
    case LinearFormat::kInt4Rows:
      unpacked.int4.resize(out * in / 2);
      unpacked.row_scales.resize(out);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        unpacked.row_scales[r] =
            QuantizeInt4Row(row, std::span(unpacked.int4).subspan(r * in / 2, in / 2));
      }));
      break;
    case LinearFormat::kInt4Blocks:
      unpacked.int4.resize(out * in / 2);
      unpacked.block_scales.resize(out * in / kInt4Block);
      GEMMA4_RETURN_IF_ERROR(UnpackInt4Blocks(spec, unpacked));
      break;
  }
  return unpacked;
}

// Zero in the middle of int4's stored values 0 ... 15.
constexpr uint8_t kInt4ZeroPoint = 8;

xnn_status CreateF32(PackedWeights& weights, const LinearSpec& spec, const Unpacked& unpacked,
                     xnn_operator** op) {
  PackedWeights::Session session(weights, spec.id);
  return xnn_create_fully_connected_nc_f32(spec.in_features, spec.out_features, spec.in_features,
                                           spec.out_features, unpacked.f32.data(), /*bias=*/nullptr,
                                           -INFINITY, INFINITY, /*flags=*/0,
                                           /*code_cache=*/nullptr, session.provider(), op);
}

xnn_status CreateInt8Rows(PackedWeights& weights, const LinearSpec& spec, const Unpacked& unpacked,
                          xnn_operator** op) {
  PackedWeights::Session session(weights, spec.id);
  return xnn_create_fully_connected_nc_qd8_f32_qc8w(
      spec.in_features, spec.out_features, spec.in_features, spec.out_features,
      unpacked.row_scales.data(), unpacked.int8.data(), /*bias=*/nullptr, -INFINITY, INFINITY,
      /*flags=*/0, /*code_cache=*/nullptr, session.provider(), op);
}

// XNNPACK checks scales even when it finds the weights packed; ones always pass.
xnn_status CreateInt4Rows(PackedWeights& weights, const LinearSpec& spec, Unpacked& unpacked,
                          xnn_operator** op) {
  unpacked.row_scales.resize(spec.out_features, 1.0f);
  PackedWeights::Session session(weights, spec.id);
  return xnn_create_fully_connected_nc_qd8_f32_qc4w(
      spec.in_features, spec.out_features, spec.in_features, spec.out_features, kInt4ZeroPoint,
      unpacked.row_scales.data(), unpacked.int4.data(), /*bias=*/nullptr, -INFINITY, INFINITY,
      /*flags=*/0, /*code_cache=*/nullptr, session.provider(), op);
}

// Q4_0's rounding gives about half of the blocks a negative scale. XNNPACK's kernels multiply by a
// scale whatever its sign, but its checks refuse negative ones: they are shown ones, and the scales
// take their place before the weights are packed.
xnn_status CreateInt4Blocks(PackedWeights& weights, const LinearSpec& spec,
                            const Unpacked& unpacked, xnn_operator** op) {
  constexpr uint16_t kOne = 0x3f80;  // bf16
  std::vector<uint16_t> scales(spec.out_features * spec.in_features / kInt4Block, kOne);
  PackedWeights::Session session(weights, spec.id, [&] { scales = unpacked.block_scales; });
  return xnn_create_fully_connected_nc_qd8_f32_qb4w(
      spec.in_features, spec.out_features, spec.in_features, spec.out_features, kInt4Block,
      kInt4ZeroPoint, scales.data(), unpacked.int4.data(), /*bias=*/nullptr, -INFINITY, INFINITY,
      /*flags=*/0, /*code_cache=*/nullptr, session.provider(), op);
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

StatusOr<Linear> Linear::Create(PackedWeights& weights, LinearFormat wanted,
                                const LinearSpec& spec) {
  GEMMA4_RETURN_IF_ERROR(InitializeXnnpack());
  const LinearFormat format = FormatFor(wanted, spec.in_features);
  Unpacked unpacked;
  if (!weights.Contains(spec.id)) {
    GEMMA4_ASSIGN_OR_RETURN(unpacked, Unpack(format, spec));
  }

  Linear linear;
  linear.format_ = format;
  linear.in_features_ = spec.in_features;
  linear.out_features_ = spec.out_features;
  xnn_operator* op = nullptr;
  xnn_status status = xnn_status_invalid_state;
  switch (format) {
    case LinearFormat::kF32: status = CreateF32(weights, spec, unpacked, &op); break;
    case LinearFormat::kInt8Rows: status = CreateInt8Rows(weights, spec, unpacked, &op); break;
    case LinearFormat::kInt4Rows: status = CreateInt4Rows(weights, spec, unpacked, &op); break;
    case LinearFormat::kInt4Blocks: status = CreateInt4Blocks(weights, spec, unpacked, &op); break;
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
    GEMMA4_RETURN_IF_ERROR(XnnpackStatus(
        xnn_reshape_fully_connected_nc_f32(op, num_rows, pool.handle()), "reshape a linear layer"));
    GEMMA4_RETURN_IF_ERROR(
        XnnpackStatus(xnn_setup_fully_connected_nc_f32(op, x, y), "set up a linear layer"));
    return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
  }
  GEMMA4_RETURN_IF_ERROR(quantizer.Quantize(x, num_rows, in_features_, pool));
  const auto reshape =
      format_ == LinearFormat::kInt8Rows   ? xnn_reshape_fully_connected_nc_qd8_f32_qc8w
      : format_ == LinearFormat::kInt4Rows ? xnn_reshape_fully_connected_nc_qd8_f32_qc4w
                                           : xnn_reshape_fully_connected_nc_qd8_f32_qb4w;
  const auto setup = format_ == LinearFormat::kInt8Rows ? xnn_setup_fully_connected_nc_qd8_f32_qc8w
                     : format_ == LinearFormat::kInt4Rows
                         ? xnn_setup_fully_connected_nc_qd8_f32_qc4w
                         : xnn_setup_fully_connected_nc_qd8_f32_qb4w;
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(reshape(op, num_rows, pool.handle()), "reshape a linear layer"));
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(setup(op, quantizer.values(), y, quantizer.params()), "set up a linear layer"));
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

}  // namespace gemma4
