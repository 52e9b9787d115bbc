#include "lib/checkpoint/checkpoint.h"

namespace gemma4 {

const TensorView* Checkpoint::Find(TensorRole role, size_t layer) const {
  if (layer >= by_role_.size()) return nullptr;
  return by_role_[layer][static_cast<size_t>(role)];
}

}  // namespace gemma4
