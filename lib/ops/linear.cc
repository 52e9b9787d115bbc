#include "lib/ops/linear.h"

#include <xnnpack.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

#include "lib/ops/initialize_kernels.h"
#include "lib/ops/int4_block_gemm.h"
#include "lib/ops/linear_operator.h"
#include "lib/ops/pack_linear.h"
#include "lib/ops/row_blocks.h"
#include "lib/ops/xnnpack_status.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

// With fewer rows, two tiles of 14 at most, XNNPACK is faster: Int4BlockGemm unpacks all weights
// whatever their number.
constexpr size_t kFewestGemmRows = 29;

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

StatusOr<Linear> Linear::Create(PackedWeights& packed, LinearFormat format,
                                const LinearSpec& spec) {
  return CreateSlice(packed, format, spec, 0, spec.out_features);
}

StatusOr<Linear> Linear::CreateSlice(PackedWeights& packed, LinearFormat format,
                                     const LinearSpec& spec, size_t begin, size_t end) {
  GEMMA4_ASSIGN_OR_RETURN(Linear linear, CreateOperator(packed, format, spec, begin, end));
  if (format == LinearFormat::kInt4Blocks) {
    GEMMA4_ASSIGN_OR_RETURN(const bool has_gemm, HasInt4BlockGemm());
    if (has_gemm) {
      const size_t offset = Int4BlockGemmPackedBytes(spec.in_features, begin);
      linear.gemm_weights_ = packed.Bytes(spec.id).subspan(offset);
    }
  }
  return linear;
}

StatusOr<Linear> Linear::CreateOperator(PackedWeights& packed, LinearFormat format,
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

StatusOr<bool> Linear::HasInt4BlockGemm() {
  if (!CpuHasInt4BlockGemm()) return false;
  enum : int { kUnknown, kNo, kYes };
  static std::atomic<int> known = kUnknown;
  if (known == kUnknown) {
    GEMMA4_ASSIGN_OR_RETURN(const bool agrees, Int4BlockGemmAgreesWithXnnpack());
    known = agrees ? kYes : kNo;
  }
  return known == kYes;
}

// Multiplies a sample by both. XNNPACK chooses its kernels, and with them the layout of packed
// weights, by the CPU and by its own version.
StatusOr<bool> Linear::Int4BlockGemmAgreesWithXnnpack() {
  constexpr size_t kIn = 96, kOut = 53, kRows = 7;  // no multiples of a tile
  std::vector<float> weights(kOut * kIn), x(kRows * kIn + XNN_EXTRA_BYTES / sizeof(float));
  uint32_t state = 1;
  for (std::vector<float>* values : {&weights, &x}) {
    for (float& value : *values) {
      state = state * 1664525u + 1013904223u;
      value = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
    }
  }
  const TensorView view{"sample", DataType::kF32, {kOut, kIn}, std::as_bytes(std::span(weights))};
  const LinearSpec spec{.id = 0, .in_features = kIn, .out_features = kOut, .parts = {&view, 1}};
  PackedWeights packed;
  GEMMA4_RETURN_IF_ERROR(PackLinear(LinearFormat::kInt4Blocks, spec, {}, packed));
  if (packed.Bytes(0).size() < Int4BlockGemmPackedBytes(kIn, kOut)) return false;
  GEMMA4_ASSIGN_OR_RETURN(Linear linear,
                          CreateOperator(packed, LinearFormat::kInt4Blocks, spec, 0, kOut));
  GEMMA4_ASSIGN_OR_RETURN(LinearScratch scratch, LinearScratch::Create({1, kRows, kIn}));
  GEMMA4_ASSIGN_OR_RETURN(const auto pool, ThreadPool::Create(1));
  std::vector<float> theirs(kRows * kOut), ours(kRows * kOut);
  GEMMA4_RETURN_IF_ERROR(linear.Run(x.data(), kRows, theirs.data(), scratch, *pool));
  const uint8_t* values =
      scratch.quantizer.QuantizeUnsigned(RowSource(x.data(), kIn), kRows, kIn, *pool);
  const Int4BlockGemmRows rows = {values, scratch.quantizer.params(), kRows};
  Int4BlockGemm(kIn, kOut, packed.Bytes(0), rows, ours.data(), scratch.gemm, *pool);
  return std::memcmp(theirs.data(), ours.data(), ours.size() * sizeof(float)) == 0;
}

Status Linear::RunF32(const float* x, size_t num_rows, float* y, ThreadPool& pool) {
  xnn_operator* op = op_.get();
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(
      xnn_reshape_fully_connected_nc_f32(op, num_rows, pool.handle()), "reshape a linear layer"));
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(xnn_setup_fully_connected_nc_f32(op, x, y), "set up a linear layer"));
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

Status Linear::Run(const float* x, size_t num_rows, float* y, LinearScratch& scratch,
                   ThreadPool& pool) {
  if (num_rows == 0) return Status::Ok();
  if (format_ == LinearFormat::kF32) return RunF32(x, num_rows, y, pool);
  return Run(RowSource(x, in_features_), num_rows, y, scratch, pool);
}

Status Linear::Run(const RowSource& x, size_t num_rows, float* y, LinearScratch& scratch,
                   ThreadPool& pool) {
  if (num_rows == 0) return Status::Ok();
  if (format_ == LinearFormat::kF32) {
    auto* rows = reinterpret_cast<float*>(scratch.f32_rows.data());
    ForEachRowBlock(num_rows, in_features_, pool, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        float* room = rows + r * in_features_;
        const float* row = x.Get(r, room);
        if (row != room) std::copy_n(row, in_features_, room);
      }
    });
    return RunF32(rows, num_rows, y, pool);
  }
  RowQuantizer& quantizer = scratch.quantizer;
  if (!gemm_weights_.empty() && num_rows >= kFewestGemmRows) {
    const uint8_t* values = quantizer.QuantizeUnsigned(x, num_rows, in_features_, pool);
    Int4BlockGemm(in_features_, out_features_, gemm_weights_,
                  {values, quantizer.params(), num_rows}, y, scratch.gemm, pool);
    return Status::Ok();
  }
  quantizer.Quantize(x, num_rows, in_features_, pool);
  xnn_operator* op = op_.get();
  const QuantizedLinearCalls calls = QuantizedCalls(format_);
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(calls.reshape(op, num_rows, pool.handle()), "reshape a linear layer"));
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(calls.setup(op, quantizer.values(), y, quantizer.params()),
                                       "set up a linear layer"));
  return XnnpackStatus(xnn_run_operator(op, pool.handle()), "run a linear layer");
}

}  // namespace gemma4
