// Counts the bytes that operator new has out, by replacing it in the program it is linked into.
#ifndef GEMMA4_TESTS_CHECKPOINT_ALLOCATION_TRACKER_H_
#define GEMMA4_TESTS_CHECKPOINT_ALLOCATION_TRACKER_H_

#include <cstddef>

namespace gemma4 {

// The most bytes out at once since the object was made, beyond those out when it was made. One at
// a time, on one thread.
class AllocationTracker {
 public:
  AllocationTracker();
  size_t peak_bytes() const;

 private:
  size_t bytes_before_;
};

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CHECKPOINT_ALLOCATION_TRACKER_H_
