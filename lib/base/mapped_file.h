// MappedFile: the bytes of a whole file, read-only, without copying them into memory.
#ifndef GEMMA4_LIB_BASE_MAPPED_FILE_H_
#define GEMMA4_LIB_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <span>
#include <string>

#include "lib/base/status.h"

namespace gemma4 {

// Move-only. The mapping lives as long as the object; every view of its bytes ends with it.
// A file that another process truncates while it is mapped faults on access: that is the OS's
// contract for mappings, and README says so.
class MappedFile {
 public:
  // Maps `path` for reading. kNotFound if it does not exist, kIo with the OS's reason otherwise
  // (a folder, no permission). An empty file is a valid, empty span.
  static StatusOr<MappedFile> Open(const std::string& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_MAPPED_FILE_H_
