#include "lib/ops/row_quantizer.h"

#include <xnnpack.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "lib/ops/initialize_kernels.h"
#include "lib/ops/xnnpack_status.h"

namespace gemma4 {
namespace {

// Rows of the tallest micro-kernel (XNNPACK's XNN_MAX_MR).
constexpr size_t kMaxTileRows = 16;
static_assert(kMaxTileRows >= XNN_EXTRA_QUANTIZATION_PARAMS);
static_assert(XNN_EXTRA_BYTES >= sizeof(uint64_t));

}  // namespace

void RowQuantizer::OperatorDeleter::operator()(xnn_operator* op) const { xnn_delete_operator(op); }

RowQuantizer::RowQuantizer() = default;
RowQuantizer::RowQuantizer(RowQuantizer&&) noexcept = default;
RowQuantizer& RowQuantizer::operator=(RowQuantizer&&) noexcept = default;
RowQuantizer::~RowQuantizer() = default;

StatusOr<RowQuantizer> RowQuantizer::Create(size_t max_rows, size_t max_channels) {
  GEMMA4_RETURN_IF_ERROR(InitializeKernels());
  RowQuantizer quantizer;
  xnn_operator* op = nullptr;
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(xnn_create_convert_nc_f32_qd8(/*flags=*/0, &op),
                                       "create the activation quantizer"));
  quantizer.op_.reset(op);
  // Micro-kernels read whole tiles: past the last value, and parameters past the last row.
  GEMMA4_ASSIGN_OR_RETURN(
      quantizer.values_,
      AnonymousMemory::Reserve(max_rows * max_channels + XNN_EXTRA_BYTES, "quantized activations"));
  GEMMA4_ASSIGN_OR_RETURN(
      quantizer.params_,
      AnonymousMemory::Reserve((max_rows + kMaxTileRows) * sizeof(xnn_quantization_params),
                               "activation scales"));
  quantizer.max_rows_ = max_rows;
  quantizer.max_channels_ = max_channels;
  return quantizer;
}

Status RowQuantizer::Quantize(const float* x, size_t num_rows, size_t channels, ThreadPool& pool) {
  assert(num_rows > 0 && num_rows <= max_rows_ && channels <= max_channels_);
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(xnn_reshape_convert_nc_f32_qd8(op_.get(), num_rows, channels, channels,
                                                   channels, pool.handle()),
                    "reshape the activation quantizer"));
  GEMMA4_RETURN_IF_ERROR(XnnpackStatus(
      xnn_setup_convert_nc_f32_qd8(op_.get(), x, reinterpret_cast<int8_t*>(values_.data()),
                                   reinterpret_cast<xnn_quantization_params*>(params_.data())),
      "set up the activation quantizer"));
  GEMMA4_RETURN_IF_ERROR(
      XnnpackStatus(xnn_run_operator(op_.get(), pool.handle()), "quantize activations"));
  // A kernel whose tile reaches past the last row computes that row again, with the parameters it
  // finds there, and some store the last of these copies. XNNPACK's own padding (10) is shorter
  // than its tallest tiles (qb4w with AVX-512 VNNI: 14 rows), which then store garbage.
  auto* params = reinterpret_cast<xnn_quantization_params*>(params_.data());
  std::fill_n(params + num_rows, kMaxTileRows, params[num_rows - 1]);
  size_ = num_rows * channels;
  return Status::Ok();
}

const uint8_t* RowQuantizer::MakeUnsigned(ThreadPool& pool) {
  constexpr size_t kTask = 65536;
  auto* bytes = reinterpret_cast<unsigned char*>(values_.data());
  pool.ParallelFor((size_ + kTask - 1) / kTask, [&](size_t task) {
    const size_t end = std::min(size_, (task + 1) * kTask);
    // Eight at a time; up to seven bytes of the padding are changed with the last.
    for (size_t i = task * kTask; i < end; i += sizeof(uint64_t)) {
      uint64_t eight;
      std::memcpy(&eight, bytes + i, sizeof(eight));
      eight ^= 0x8080808080808080u;
      std::memcpy(bytes + i, &eight, sizeof(eight));
    }
  });
  return bytes;
}

const int8_t* RowQuantizer::values() const {
  return reinterpret_cast<const int8_t*>(values_.data());
}

const xnn_quantization_params* RowQuantizer::params() const {
  return reinterpret_cast<const xnn_quantization_params*>(params_.data());
}

}  // namespace gemma4
