// The weights of a linear layer in the form XNNPACK packs from.
#ifndef GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_
#define GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/status.h"
#include "lib/ops/linear.h"

namespace gemma4 {

// Output rows of a linear layer.
struct RowRange {
  size_t begin = 0, end = 0;
  size_t count() const { return end - begin; }
};

// Some rows of a layer. A passing buffer: freed when XNNPACK has packed it.
struct LinearWeights {
  std::vector<float> f32;              // [rows, in]
  std::vector<int8_t> int8;            // [rows, in]
  std::vector<uint8_t> int4;           // [rows, in / 2]
  std::vector<float> row_scales;       // [rows]
  std::vector<uint16_t> block_scales;  // [rows, in / 32], bf16

  // The one of the first three that is there.
  const void* data() const {
    if (!f32.empty()) return f32.data();
    if (!int8.empty()) return int8.data();
    return int4.data();
  }
};

// The stored rows that `rows` of the layer are made of: calls visit(bytes) for each stretch of
// them.
template <typename Visit>
void ForEachStretch(const LinearSpec& spec, RowRange rows, Visit visit) {
  size_t part_begin = 0;  // output row
  for (const TensorView& part : spec.parts) {
    const size_t part_end = part_begin + part.shape[0];
    const size_t begin = std::max(rows.begin, part_begin), end = std::min(rows.end, part_end);
    if (begin < end) {
      const size_t row_bytes = part.data.size() / part.shape[0];
      visit(part.data.subspan((begin - part_begin) * row_bytes, (end - begin) * row_bytes));
    }
    part_begin = part_end;
  }
}

// Reads and converts `rows` of the stacked parts of `spec`. kCorrupt names a tensor with a weight
// that is not a finite number: every output would be NaN, or, where a row's scale comes from its
// largest weight, silently wrong.
StatusOr<LinearWeights> ReadLinearWeights(LinearFormat format, const LinearSpec& spec,
                                          RowRange rows);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_LINEAR_WEIGHTS_H_
