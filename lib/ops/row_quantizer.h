// RowQuantizer: f32 activations to int8, each row by its own minimum and maximum.
#ifndef GEMMA4_LIB_OPS_ROW_QUANTIZER_H_
#define GEMMA4_LIB_OPS_ROW_QUANTIZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"

struct xnn_operator;
struct xnn_quantization_params;

namespace gemma4 {

// Owns the buffers; one call at a time. XNNPACK's dynamic quantisation: asymmetric,
// x ~ (q - zero_point) * scale with zero exactly representable.
class RowQuantizer {
 public:
  // Room for num_rows rows of `channels` values, whenever max_rows and max_channels bound them.
  static StatusOr<RowQuantizer> Create(size_t max_rows, size_t max_channels);

  RowQuantizer();
  RowQuantizer(RowQuantizer&&) noexcept;
  RowQuantizer& operator=(RowQuantizer&&) noexcept;
  ~RowQuantizer();

  // x: [num_rows, channels] -> values(), params(). Replaces what was there.
  Status Quantize(const float* x, size_t num_rows, size_t channels, ThreadPool& pool);

  const int8_t* values() const;                   // [num_rows, channels]
  const xnn_quantization_params* params() const;  // [num_rows] and XNNPACK's padding

  // values() + 128, in their place: they are gone until the next Quantize.
  const uint8_t* MakeUnsigned(ThreadPool& pool);

 private:
  struct OperatorDeleter {
    void operator()(xnn_operator* op) const;
  };
  std::unique_ptr<xnn_operator, OperatorDeleter> op_;
  AnonymousMemory values_;
  AnonymousMemory params_;
  size_t max_rows_ = 0;
  size_t max_channels_ = 0;
  size_t size_ = 0;  // of values()
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROW_QUANTIZER_H_
