// What packed weights look like on this CPU, in this build: a number that changes when they do.
#ifndef GEMMA4_LIB_OPS_PACKED_LAYOUT_H_
#define GEMMA4_LIB_OPS_PACKED_LAYOUT_H_

#include <cstdint>
#include <string>

#include "lib/base/status.h"

namespace gemma4 {

struct PackedLayout {
  uint64_t hash = 0;  // of a sample layer packed in every format
  std::string text;   // architecture and instruction set in words
};

// The same number means: packed weights of one are good for the other. XNNPACK chooses kernels, and
// with them the layout, by instruction set and by its own version; packing a sample and looking at
// the bytes covers both and whatever else there may be. Takes microseconds.
StatusOr<PackedLayout> ThisPackedLayout();

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_PACKED_LAYOUT_H_
