// The header of one safetensors file: names, types, shapes, and where the bytes lie.
//
//   8 bytes   length of the header, little-endian
//   header    JSON: {"name": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}
//   data      offsets count from here
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_HEADER_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"

namespace gemma4 {

// The largest Gemma 4 has 2,130 tensors. This many still fit 16 MiB beside the header's own size.
inline constexpr size_t kMaxTensors = 32768;

// Every tensor of the file, in name order; the views point into `file`. Checked: the header and
// every tensor lie inside the file, a tensor's bytes are what its type and shape need, no two
// tensors overlap or have one name. kCorrupt or kUnsupported names the tensor and what is wrong.
StatusOr<std::vector<TensorView>> ParseSafetensors(std::span<const std::byte> file);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_HEADER_H_
