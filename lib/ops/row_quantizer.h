// RowQuantizer: f32 activations to int8, each row by its own minimum and maximum.
#ifndef GEMMA4_LIB_OPS_ROW_QUANTIZER_H_
#define GEMMA4_LIB_OPS_ROW_QUANTIZER_H_

#include <cstddef>
#include <cstdint>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/ops/row_source.h"

struct xnn_quantization_params;

namespace gemma4 {

// Owns the buffers; one call at a time. XNNPACK's dynamic quantisation, on x86-64 to the bit (but
// for what is no number, and ranges so small that steps are infinite): asymmetric,
// x ~ (q - zero_point) * scale with zero exactly representable. XNNPACK's own operator would need
// every row in memory first.
class RowQuantizer {
 public:
  // Room for num_rows rows of `channels` values, whenever max_rows and max_channels bound them, on
  // a pool of up to num_threads.
  static StatusOr<RowQuantizer> Create(size_t num_threads, size_t max_rows, size_t max_channels);

  // Rows 0 to num_rows of x, `channels` values each -> values(), params(). Replaces what was there.
  void Quantize(const RowSource& x, size_t num_rows, size_t channels, ThreadPool& pool);

  // The same, and returns q + 128; values() are then these bytes.
  const uint8_t* QuantizeUnsigned(const RowSource& x, size_t num_rows, size_t channels,
                                  ThreadPool& pool);

  const int8_t* values() const;                   // [num_rows, channels]
  const xnn_quantization_params* params() const;  // [num_rows] and XNNPACK's padding

 private:
  void Run(const RowSource& x, size_t num_rows, size_t channels, uint8_t flipped_bits,
           ThreadPool& pool);

  AnonymousMemory values_;
  AnonymousMemory params_;
  AnonymousMemory rooms_;  // [slots, max_channels] f32: the row that a slot is at
  size_t num_threads_ = 0;
  size_t max_rows_ = 0;
  size_t max_channels_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROW_QUANTIZER_H_
