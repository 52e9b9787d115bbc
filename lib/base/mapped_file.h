// MappedFile: the bytes of a whole file, read-only, without copying them into memory.
#ifndef GEMMA4_LIB_BASE_MAPPED_FILE_H_
#define GEMMA4_LIB_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
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

  // Maps [offset, offset + size_bytes) of an open file; size_bytes 0: up to its end. The descriptor
  // stays the caller's. kInvalidArgument names what lies outside the file. `name` is for messages.
  static StatusOr<MappedFile> OpenDescriptor(int descriptor, uint64_t offset, uint64_t size_bytes,
                                             const std::string& name);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  // Whether `path` names this file now.
  bool IsAt(const std::string& path) const;

  // When the file was last written, in nanoseconds; 0 for an empty one.
  int64_t modified_ns() const { return modified_ns_; }

  // If `part` lies in this file: tells the OS that its pages are not needed soon, so that what was
  // read once does not stay in memory. They can be read again all the same.
  bool GiveBack(std::span<const std::byte> part) const;

  // If `part` lies in this file: tells the OS that it will be read here and there, so that it does
  // not read ahead.
  bool ReadSparsely(std::span<const std::byte> part) const;

 private:
  bool Advise(std::span<const std::byte> part, int advice) const;

  std::span<const std::byte> bytes_;
  std::span<const std::byte> mapping_;  // whole pages around bytes_
  int64_t modified_ns_ = 0;
  uint64_t device_ = 0, inode_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_MAPPED_FILE_H_
