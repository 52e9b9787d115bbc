// model.safetensors.index.json: which shard holds which tensor.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_INDEX_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_INDEX_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

struct SafetensorsIndex {
  struct Entry {
    std::string tensor_name;
    size_t file_index = 0;  // in `files`
  };
  std::vector<std::string> files;  // plain names, in the order the index first mentions them
  std::vector<Entry> entries;      // in name order, each name once

  // null if the index does not list it.
  const Entry* Find(std::string_view tensor_name) const;
};

// kCorrupt for a file name with a path in it: shards lie beside their index.
StatusOr<SafetensorsIndex> ParseSafetensorsIndex(std::span<const std::byte> bytes);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_INDEX_H_
