#include "lib/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
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
  const int descriptor =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // nor wait for a FIFO
  if (descriptor < 0) return ErrnoStatus(path, "open");
  auto file = OpenDescriptor(descriptor, 0, 0, path);
  close(descriptor);  // the mapping keeps the file
  return file;
}

StatusOr<MappedFile> MappedFile::OpenDescriptor(int descriptor, uint64_t offset,
                                                uint64_t size_bytes, const std::string& name) {
  struct stat info = {};
  if (fstat(descriptor, &info) != 0) return ErrnoStatus(name, "stat");
  if (!S_ISREG(info.st_mode)) return Status::Io("%s: not a regular file", name.c_str());
  const uint64_t file_bytes = static_cast<uint64_t>(info.st_size);
  if (offset > file_bytes || size_bytes > file_bytes - offset) {
    return Status::InvalidArgument("%s: offset %" PRIu64 " and size %" PRIu64
                                   " lie outside the file of %" PRIu64 " bytes",
                                   name.c_str(), offset, size_bytes, file_bytes);
  }
  if (size_bytes == 0) size_bytes = file_bytes - offset;
  MappedFile file;
  if (size_bytes == 0) return file;
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const size_t skipped = static_cast<size_t>(offset % page);
  const size_t mapped_bytes = static_cast<size_t>(size_bytes) + skipped;
  void* address = mmap(nullptr, mapped_bytes, PROT_READ, MAP_SHARED, descriptor,
                       static_cast<off_t>(offset - skipped));
  if (address == MAP_FAILED) return ErrnoStatus(name, "map");
  file.mapping_ = {static_cast<const std::byte*>(address), mapped_bytes};
  file.bytes_ = file.mapping_.subspan(skipped);
  file.device_ = info.st_dev;
  file.inode_ = info.st_ino;
  file.modified_ns_ = int64_t{info.st_mtim.tv_sec} * 1000000000 + info.st_mtim.tv_nsec;
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, std::span<const std::byte>())),
      mapping_(std::exchange(other.mapping_, std::span<const std::byte>())),
      modified_ns_(other.modified_ns_),
      device_(other.device_),
      inode_(other.inode_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(mapping_, other.mapping_);
  std::swap(modified_ns_, other.modified_ns_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

bool MappedFile::IsAt(const std::string& path) const {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

bool MappedFile::GiveBack(std::span<const std::byte> part) const {
  return Advise(part, MADV_DONTNEED);  // of a file's pages nothing is lost
}

bool MappedFile::ReadSparsely(std::span<const std::byte> part) const {
  return Advise(part, MADV_RANDOM);
}

bool MappedFile::Advise(std::span<const std::byte> part, int advice) const {
  if (bytes_.empty() || part.data() < bytes_.data() ||
      part.data() + part.size() > bytes_.data() + bytes_.size()) {
    return false;
  }
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(part.data()) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(part.data() + part.size());
  madvise(reinterpret_cast<void*>(begin), end - begin, advice);
  return true;
}

MappedFile::~MappedFile() {
  if (!mapping_.empty()) munmap(const_cast<std::byte*>(mapping_.data()), mapping_.size());
}

}  // namespace gemma4
