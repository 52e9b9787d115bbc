// Whether the tensors of a file lie apart.
#ifndef GEMMA4_LIB_CHECKPOINT_NO_OVERLAP_H_
#define GEMMA4_LIB_CHECKPOINT_NO_OVERLAP_H_

#include <span>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"

namespace gemma4 {

// kCorrupt names two tensors that share bytes.
Status CheckNoOverlap(std::span<const TensorView> tensors);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_NO_OVERLAP_H_
