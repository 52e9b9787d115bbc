// Linear: y = x W^T, one XNNPACK operator over packed weights, and for many rows of int4 blocks a
// kernel of our own over the same weights (int4_block_gemm.h).
#ifndef GEMMA4_LIB_OPS_LINEAR_H_
#define GEMMA4_LIB_OPS_LINEAR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/base/thread_pool.h"
#include "lib/ops/linear_scratch.h"
#include "lib/ops/packed_weights.h"
#include "lib/ops/row_source.h"

struct xnn_operator;

namespace gemma4 {

// How a linear layer's weights are packed, and with that in what arithmetic it computes.
enum class LinearFormat : uint8_t {
  kF32,         // f32 weights and activations
  kInt8Rows,    // int8 weights, one scale an output row; int8 activations, one scale a row
  kInt4Rows,    // int4 weights, one scale an output row; int8 activations
  kInt4Blocks,  // int4 weights, a scale for each block of 32 inputs; int8 activations
};

inline constexpr size_t kNumLinearFormats = 4;

// The format that a layer of this width is packed in when `wanted` is asked for: rows that do not
// divide into bytes or blocks become int8.
LinearFormat FormatFor(LinearFormat wanted, size_t in_features);

// Output rows come in whole tiles of every kernel, and their packed bytes keep XNNPACK's alignment.
inline constexpr size_t kLinearSliceRows = 64;

// The shape of a linear layer and where its weights come from.
struct LinearSpec {
  size_t id = 0;  // of its packed weights; unique in a PackedWeights
  size_t in_features = 0;
  size_t out_features = 0;
  // [part.out, in_features] each, stacked in this order: several layers that read the same input
  // become one. Read only by PackLinear().
  std::span<const TensorView> parts;
};

// Holds XNNPACK's shapes and pointers between set-up and run, so one call at a time may use it.
class Linear {
 public:
  // REQUIRES: `packed` has the weights (PackLinear), in this format.
  static StatusOr<Linear> Create(PackedWeights& packed, LinearFormat format,
                                 const LinearSpec& spec);

  // Of output rows [begin, end) alone: out_features() is their number. REQUIRES: begin is a
  // multiple of kLinearSliceRows.
  static StatusOr<Linear> CreateSlice(PackedWeights& packed, LinearFormat format,
                                      const LinearSpec& spec, size_t begin, size_t end);

  // Whether many rows of kInt4Blocks go through Int4BlockGemm: the CPU has the instructions, and a
  // sample shows that XNNPACK packs weights, and rounds, as it expects. Tried once.
  static StatusOr<bool> HasInt4BlockGemm();

  Linear();
  Linear(Linear&&) noexcept;
  Linear& operator=(Linear&&) noexcept;
  ~Linear();

  size_t in_features() const { return in_features_; }
  size_t out_features() const { return out_features_; }

  // x: [num_rows, in_features], in kF32 followed by XNNPACK's XNN_EXTRA_BYTES readable bytes;
  // y: [num_rows, out_features]. A row of y depends on its row of x alone, to the bit. `scratch`
  // is unused in kF32.
  Status Run(const float* x, size_t num_rows, float* y, LinearScratch& scratch, ThreadPool& pool);

  // The same of rows that need not lie side by side, or in memory at all. A row that is made is
  // made where it is quantised, and in kF32 once for all in `scratch`.
  Status Run(const RowSource& x, size_t num_rows, float* y, LinearScratch& scratch,
             ThreadPool& pool);

 private:
  struct OperatorDeleter {
    void operator()(xnn_operator* op) const;
  };
  // XNNPACK's alone: runs any number of rows with it.
  static StatusOr<Linear> CreateOperator(PackedWeights& packed, LinearFormat format,
                                         const LinearSpec& spec, size_t begin, size_t end);
  static StatusOr<bool> Int4BlockGemmAgreesWithXnnpack();
  Status RunF32(const float* x, size_t num_rows, float* y, ThreadPool& pool);

  std::unique_ptr<xnn_operator, OperatorDeleter> op_;
  std::span<const std::byte> gemm_weights_;  // for Int4BlockGemm; empty: every row is XNNPACK's
  LinearFormat format_ = LinearFormat::kF32;
  size_t in_features_ = 0;
  size_t out_features_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_H_
