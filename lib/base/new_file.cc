#include "lib/base/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace gemma4 {
namespace {

constexpr mode_t kMode = 0644;  // less the process's umask

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A new name for it must survive a power cut, too. Some file systems cannot sync folders; they
// order renames by themselves.
void SyncFolder(const std::string& path) {
  const int folder = open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

}  // namespace

StatusOr<NewFile> NewFile::Create(const std::string& path) {
  struct stat existing = {};
  if (path.empty()) return Status::InvalidArgument("the path of the file to write is empty");
  if (stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    return Status::InvalidArgument("%s: is not a regular file, so it is not replaced",
                                   path.c_str());
  }
  NewFile file;
  file.path_ = path;
#ifdef O_TMPFILE
  file.descriptor_ = open(FolderOf(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMode);
  if (file.descriptor_ >= 0) return file;
#endif
  file.temporary_path_ = file.TemporaryPath();
  file.descriptor_ =
      open(file.temporary_path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kMode);
  if (file.descriptor_ < 0) {
    const Status status = file.Fail("create");
    file.temporary_path_.clear();
    return status;
  }
  return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_path_(std::exchange(other.temporary_path_, std::string())),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_) {}

NewFile::~NewFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_path_.empty()) unlink(temporary_path_.c_str());
}

std::string NewFile::TemporaryPath() const {
  static std::atomic<unsigned> counter{0};
  char ending[64];
  std::snprintf(ending, sizeof(ending), ".%ld-%u.tmp", static_cast<long>(getpid()),
                counter.fetch_add(1));
  return path_ + ending;
}

Status NewFile::Fail(const char* action) const {
  return Status::Io("%s: cannot %s: %s", path_.c_str(), action, std::strerror(errno));
}

Status NewFile::Write(std::span<const std::byte> bytes) {
  GEMMA4_RETURN_IF_ERROR(WriteAt(size_bytes_, bytes));
  size_bytes_ += bytes.size();
  return Status::Ok();
}

Status NewFile::WriteAt(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail("write");
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return Status::Ok();
}

Status NewFile::AlignTo(uint64_t alignment) {
  static constexpr std::array<std::byte, 4096> kZeros{};
  while (size_bytes_ % alignment != 0) {
    const uint64_t missing = alignment - size_bytes_ % alignment;
    const size_t count = static_cast<size_t>(std::min<uint64_t>(missing, kZeros.size()));
    GEMMA4_RETURN_IF_ERROR(Write(std::span(kZeros).first(count)));
  }
  return Status::Ok();
}

Status NewFile::Commit() {
  if (fsync(descriptor_) != 0) return Fail("write");
  if (temporary_path_.empty()) {
    // A file without a name can only get a new one, which then replaces the old one.
    const std::string temporary_path = TemporaryPath();
    const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
    if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return Fail("name");
    }
    temporary_path_ = temporary_path;
  }
  if (rename(temporary_path_.c_str(), path_.c_str()) != 0) return Fail("name");
  temporary_path_.clear();
  SyncFolder(path_);
  return Status::Ok();
}

}  // namespace gemma4
