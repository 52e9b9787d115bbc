#include "tests/checkpoint/allocation_tracker.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

size_t bytes_out = 0;
size_t peak_bytes_out = 0;

void* Allocate(size_t size) {
  void* memory = std::malloc(std::max<size_t>(size, 1));
  if (memory == nullptr) throw std::bad_alloc();
  bytes_out += malloc_usable_size(memory);
  peak_bytes_out = std::max(peak_bytes_out, bytes_out);
  return memory;
}

void Free(void* memory) {
  bytes_out -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }
void operator delete[](void* memory, size_t) noexcept { Free(memory); }

namespace gemma4 {

AllocationTracker::AllocationTracker() : bytes_before_(bytes_out) { peak_bytes_out = bytes_out; }

size_t AllocationTracker::peak_bytes() const { return peak_bytes_out - bytes_before_; }

}  // namespace gemma4
