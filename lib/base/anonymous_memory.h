// AnonymousMemory: address space reserved now, given physical pages when first written.
//
// KV caches and activation arenas reserve what they may ever need, so nothing allocates or moves
// while tokens are made, and pay only for what they touched.
#ifndef GEMMA4_LIB_BASE_ANONYMOUS_MEMORY_H_
#define GEMMA4_LIB_BASE_ANONYMOUS_MEMORY_H_

#include <cstddef>

#include "lib/base/status.h"

namespace gemma4 {

// Move-only. Bytes start as zero; the address is page-aligned.
class AnonymousMemory {
 public:
  // kOutOfMemory names `what` and the bytes wanted.
  static StatusOr<AnonymousMemory> Reserve(size_t size_bytes, const char* what);

  // For memory that will be used as a whole: asks the OS for huge pages, which are quicker to take,
  // to read and to free. Memory that fills little by little would be rounded up to them.
  void WantHugePages();

  AnonymousMemory() = default;
  AnonymousMemory(AnonymousMemory&& other) noexcept;
  AnonymousMemory& operator=(AnonymousMemory&& other) noexcept;
  ~AnonymousMemory();

  std::byte* data() const { return data_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_bytes_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_ANONYMOUS_MEMORY_H_
