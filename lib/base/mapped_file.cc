#include "lib/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gemma4 {
namespace {

Status ErrnoStatus(const std::string& path, const char* action) {
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) {
    return Status::NotFound("%s: no such file", path.c_str());
  }
  return Status::Io("%s: cannot %s: %s", path.c_str(), action, std::strerror(error));
}

}  // namespace

StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(path, "open");
  struct stat info = {};
  if (fstat(fd, &info) != 0) {
    Status status = ErrnoStatus(path, "stat");
    close(fd);
    return status;
  }
  if (!S_ISREG(info.st_mode)) {
    close(fd);
    return Status::Io("%s: not a regular file", path.c_str());
  }
  MappedFile file;
  if (info.st_size > 0) {
    const size_t size_bytes = static_cast<size_t>(info.st_size);
    void* address = mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) {
      Status status = ErrnoStatus(path, "map");
      close(fd);
      return status;
    }
    file.bytes_ = {static_cast<const std::byte*>(address), size_bytes};
  }
  close(fd);  // the mapping keeps the file
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, std::span<const std::byte>())) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace gemma4
