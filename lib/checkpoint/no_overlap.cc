#include "lib/checkpoint/no_overlap.h"

#include <algorithm>
#include <vector>

#include "lib/base/one_line.h"

namespace gemma4 {

Status CheckNoOverlap(std::span<const TensorView> tensors) {
  std::vector<const TensorView*> by_offset;
  by_offset.reserve(tensors.size());
  for (const TensorView& tensor : tensors) {
    if (!tensor.data.empty()) by_offset.push_back(&tensor);
  }
  std::sort(by_offset.begin(), by_offset.end(), [](const TensorView* a, const TensorView* b) {
    return a->data.data() < b->data.data();
  });
  for (size_t i = 1; i < by_offset.size(); ++i) {
    const TensorView& before = *by_offset[i - 1];
    if (before.data.data() + before.data.size() > by_offset[i]->data.data()) {
      return Status::Corrupt("tensors %s and %s overlap", CutToOneLine(before.name).c_str(),
                             CutToOneLine(by_offset[i]->name).c_str());
    }
  }
  return Status::Ok();
}

}  // namespace gemma4
