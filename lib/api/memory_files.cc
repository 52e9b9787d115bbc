#include "lib/api/memory_files.h"

#include <span>

#include "lib/api/boundary.h"

namespace gemma4 {

StatusOr<std::vector<MemoryFile>> MemoryFilesOf(const gemma4_memory_file* files, size_t num_files) {
  GEMMA4_RETURN_IF_ERROR(RequireGiven(files, "files"));
  if (num_files == 0) return Status::InvalidArgument("num_files is 0; it must be at least 1");
  std::vector<MemoryFile> memory_files;
  for (const gemma4_memory_file& file : std::span(files, num_files)) {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(file.name, "the name of a file"));
    if (file.data == nullptr && file.size_bytes > 0) {
      return Status::InvalidArgument("the data of file \"%s\" is NULL, and its size_bytes is %zu",
                                     file.name, file.size_bytes);
    }
    for (const MemoryFile& other : memory_files) {
      if (other.name != file.name) continue;
      return Status::InvalidArgument("there are two files with the name \"%s\"", file.name);
    }
    memory_files.push_back(
        {file.name, {static_cast<const std::byte*>(file.data), file.size_bytes}});
  }
  return memory_files;
}

}  // namespace gemma4
