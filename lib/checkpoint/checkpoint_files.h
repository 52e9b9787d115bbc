// The files of one checkpoint, wherever they are: in a folder, or in memory.
#ifndef GEMMA4_LIB_CHECKPOINT_CHECKPOINT_FILES_H_
#define GEMMA4_LIB_CHECKPOINT_CHECKPOINT_FILES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/mapped_file.h"
#include "lib/base/status.h"
#include "lib/checkpoint/open_checkpoint.h"

namespace gemma4 {

// A file's bytes, which live as long as `mapping` (in memory: as long as the caller's).
struct CheckpointFile {
  std::span<const std::byte> bytes;
  MappedFile mapping;
};

class CheckpointFiles {
 public:
  static CheckpointFiles InFolder(std::string path) { return CheckpointFiles(std::move(path), {}); }
  // `files` must outlive the object.
  static CheckpointFiles InMemory(std::span<const MemoryFile> files) {
    return CheckpointFiles("", files);
  }

  // `name` is a plain file name.
  bool Has(const std::string& name) const;
  StatusOr<CheckpointFile> Open(const std::string& name) const;
  // Names of everything that lies beside, in no order; for messages.
  std::vector<std::string> List() const;

 private:
  CheckpointFiles(std::string folder, std::span<const MemoryFile> memory_files)
      : folder_(std::move(folder)), memory_files_(memory_files) {}

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;  // empty: in memory
  std::span<const MemoryFile> memory_files_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_CHECKPOINT_FILES_H_
