// BusyLock: lets one thread at a time in, and turns the others away instead of letting them wait.
#ifndef GEMMA4_LIB_SESSION_BUSY_LOCK_H_
#define GEMMA4_LIB_SESSION_BUSY_LOCK_H_

#include <atomic>

namespace gemma4 {

// Holds `busy` while it lives, if it got it. What one holder wrote is visible to the next.
class BusyLock {
 public:
  explicit BusyLock(std::atomic_flag& busy)
      : busy_(busy), is_held_(!busy.test_and_set(std::memory_order_acquire)) {}
  ~BusyLock() {
    if (is_held_) busy_.clear(std::memory_order_release);
  }

  BusyLock(const BusyLock&) = delete;
  BusyLock& operator=(const BusyLock&) = delete;

  bool is_held() const { return is_held_; }

 private:
  std::atomic_flag& busy_;
  const bool is_held_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_BUSY_LOCK_H_
