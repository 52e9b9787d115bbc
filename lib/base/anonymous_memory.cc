#include "lib/base/anonymous_memory.h"

#include <sys/mman.h>

#include <utility>

namespace gemma4 {

StatusOr<AnonymousMemory> AnonymousMemory::Reserve(size_t size_bytes, const char* what) {
  AnonymousMemory memory;
  if (size_bytes == 0) return memory;
  void* address = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    return Status::OutOfMemory("%s: cannot reserve %zu bytes", what, size_bytes);
  }
  memory.data_ = static_cast<std::byte*>(address);
  memory.size_bytes_ = size_bytes;
  return memory;
}

void AnonymousMemory::WantHugePages() {
#ifdef MADV_HUGEPAGE
  madvise(data_, size_bytes_, MADV_HUGEPAGE);  // a wish: without it all is as before, but slower
#endif
}

AnonymousMemory::AnonymousMemory(AnonymousMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

AnonymousMemory& AnonymousMemory::operator=(AnonymousMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

AnonymousMemory::~AnonymousMemory() {
  if (data_ != nullptr) munmap(data_, size_bytes_);
}

}  // namespace gemma4
