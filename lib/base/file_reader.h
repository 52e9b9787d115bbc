// FileReader: a file's bytes, read one after the other.
#ifndef GEMMA4_LIB_BASE_FILE_READER_H_
#define GEMMA4_LIB_BASE_FILE_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lib/base/status.h"

namespace gemma4 {

// For files that are read once: unlike a mapping, one that shrinks meanwhile is an error and no
// fault. Move-only.
class FileReader {
 public:
  // kNotFound if there is none, kIo with the OS's reason otherwise.
  static StatusOr<FileReader> Open(const std::string& path);

  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  ~FileReader();

  // Fills all of `bytes`. kCorrupt if the file ends before.
  Status Read(std::span<std::byte> bytes);
  // kCorrupt if there is more to read.
  Status ExpectEnd();

 private:
  FileReader(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  StatusOr<size_t> ReadSome(std::span<std::byte> bytes);

  std::string path_;
  int descriptor_ = -1;
  uint64_t offset_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_FILE_READER_H_
