// Linear layers whose weights lie packed in a file.
#ifndef GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_LINEAR_H_
#define GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_LINEAR_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemma4 {

// What packed weights are good for.
struct PackedKey {
  uint64_t layout_hash = 0;  // of what XNNPACK makes of a sample here: build and instruction set
  std::string layout_text;   // both in words, for messages
  uint64_t source_hash = 0;  // of the checkpoint they were packed from, its files' times included
  uint64_t sample_hash = 0;  // of that checkpoint's tensors, wherever they lie
  uint8_t arithmetic = 0;    // the transformer's Arithmetic that was asked for
};

struct PackedLinear {
  size_t id = 0;       // the transformer's number of the layer
  uint8_t format = 0;  // ops' LinearFormat
  size_t in_features = 0;
  size_t out_features = 0;
  std::span<const std::byte> bytes;  // as long as the checkpoint lives
};

struct PackedLinears {
  PackedKey key;
  std::vector<PackedLinear> linears;  // by id

  const PackedLinear* Find(size_t id) const {
    const auto found = std::lower_bound(
        linears.begin(), linears.end(), id,
        [](const PackedLinear& linear, size_t wanted) { return linear.id < wanted; });
    return found != linears.end() && found->id == id ? &*found : nullptr;
  }
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_LINEAR_H_
