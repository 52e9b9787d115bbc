// NewFile: a file that appears whole under its name, or not at all.
#ifndef GEMMA4_LIB_BASE_NEW_FILE_H_
#define GEMMA4_LIB_BASE_NEW_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lib/base/status.h"

namespace gemma4 {

// Written under no name (where the file system can: O_TMPFILE) or under a temporary one, in the
// folder of the final one; Commit() syncs it and gives it the name. A process that is killed before
// leaves what was there before; one that fails leaves nothing behind.
class NewFile {
 public:
  // kIo names the folder and the reason; kInvalidArgument if something else than a regular file has
  // the name.
  static StatusOr<NewFile> Create(const std::string& path);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  // Appends; kIo for a full disk. After an error only the destructor is of use.
  Status Write(std::span<const std::byte> bytes);
  // Writes at an offset that was written before.
  Status WriteAt(uint64_t offset, std::span<const std::byte> bytes);
  // Zeroes up to a multiple of `alignment`.
  Status AlignTo(uint64_t alignment);
  uint64_t size_bytes() const { return size_bytes_; }

  // Replaces whatever has the name, at once.
  Status Commit();

 private:
  NewFile() = default;
  Status Fail(const char* action) const;
  std::string TemporaryPath() const;

  std::string path_;
  std::string temporary_path_;  // empty while the file has no name
  int descriptor_ = -1;
  uint64_t size_bytes_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_NEW_FILE_H_
