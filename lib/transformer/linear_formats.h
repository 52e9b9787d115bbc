// In which format each linear layer is packed: the one table of it. Measured errors and speeds that
// it rests on are in docs/quantization.md.
#ifndef GEMMA4_LIB_TRANSFORMER_LINEAR_FORMATS_H_
#define GEMMA4_LIB_TRANSFORMER_LINEAR_FORMATS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/cancel_flag.h"
#include "lib/base/tensor_view.h"
#include "lib/base/thread_pool.h"
#include "lib/ops/linear.h"
#include "lib/transformer/arithmetic.h"

namespace gemma4 {

// How weights are looked at to see whether they lie on the int4 grid.
struct GridCheck {
  size_t max_rows = SIZE_MAX;          // of each tensor; fewer give an estimate
  ThreadPool* pool = nullptr;          // null: on the calling thread
  const CancelFlag* cancel = nullptr;  // what is found after it was set is no longer true
};

// `parts`: the stored tensors that make the layer's rows, [.., in_features] each.
//
//   kExact       f32
//   kInt8        int8 rows
//   kInt4Rows    int4 rows
//   kInt4Blocks  int4 blocks of 32
//   kAuto        int4 blocks where that loses nothing: Q4_0 and other symmetric 4-bit groups of 32
//                as they are, floats that all lie on such a grid (published as
//                "q4_0-unquantized"); int8 rows for everything else
//
// Rows that do not divide into bytes or blocks become int8.
LinearFormat ChooseLinearFormat(Arithmetic arithmetic, std::span<const TensorView> parts,
                                size_t in_features, const GridCheck& grid_check);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_LINEAR_FORMATS_H_
