// compressed-tensors' 4-bit weights: three tensors of a file that are one of the model.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_INT4_GROUPS_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_INT4_GROUPS_H_

#include <map>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"

namespace gemma4 {

// Gathers X.weight_packed (I32 [out, in / 8], eight nibbles of value + 8 each, the first in the
// lowest bits), X.weight_scale (BF16 [out, in / 32]) and X.weight_shape (I64 [2]) into X.weight of
// type kW4G32 [out, in].
class Int4Groups {
 public:
  // Takes the tensor if its name is that of one of the three.
  bool Take(const TensorView& tensor);

  // Everything that was taken, put together. kCorrupt names what is missing or does not fit.
  StatusOr<std::vector<TensorView>> Join() const;

 private:
  struct Parts {
    TensorView packed, scale, shape;  // without a name where absent
  };
  std::map<std::string, Parts> parts_;  // by X
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_INT4_GROUPS_H_
