#include "lib/base/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <utility>

namespace gemma4 {

StatusOr<FileReader> FileReader::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    if (error == ENOENT) return Status::NotFound("%s: no such file", path.c_str());
    return Status::Io("%s: cannot be opened: %s", path.c_str(), std::strerror(error));
  }
  FileReader reader(path, descriptor);
  struct stat info;
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    return Status::Io("%s: is a folder, not a file", path.c_str());
  }
  return reader;
}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      offset_(other.offset_) {}

FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

StatusOr<size_t> FileReader::ReadSome(std::span<std::byte> bytes) {
  ssize_t count;
  do {
    count = ::read(descriptor_, bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return static_cast<size_t>(count);
  return Status::Io("%s: cannot be read: %s", path_.c_str(), std::strerror(errno));
}

Status FileReader::Read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    GEMMA4_ASSIGN_OR_RETURN(const size_t count, ReadSome(bytes));
    if (count == 0) {
      return Status::Corrupt("%s: ends after %" PRIu64 " bytes, and %zu more are expected",
                             path_.c_str(), offset_, bytes.size());
    }
    offset_ += count;
    bytes = bytes.subspan(count);
  }
  return Status::Ok();
}

Status FileReader::ExpectEnd() {
  std::byte more;
  GEMMA4_ASSIGN_OR_RETURN(const size_t count, ReadSome({&more, 1}));
  if (count == 0) return Status::Ok();
  return Status::Corrupt("%s: goes on after %" PRIu64 " bytes, where it should end", path_.c_str(),
                         offset_);
}

}  // namespace gemma4
