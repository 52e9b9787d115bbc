// CancelFlag: one bit, set by any thread or signal handler, looked at between layers.
#ifndef GEMMA4_LIB_BASE_CANCEL_FLAG_H_
#define GEMMA4_LIB_BASE_CANCEL_FLAG_H_

#include <atomic>

#include "lib/base/status.h"

namespace gemma4 {

class CancelFlag {
 public:
  void Set() { set_.store(true, std::memory_order_relaxed); }
  void Clear() { set_.store(false, std::memory_order_relaxed); }
  bool IsSet() const { return set_.load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");
  std::atomic<bool> set_{false};
};

// kCancelled if `flag` is given and set. `what` is the interrupted work: "load", "prefill".
inline Status CheckCancelled(const CancelFlag* flag, const char* what) {
  if (flag != nullptr && flag->IsSet()) return Status::Cancelled("%s was cancelled", what);
  return Status::Ok();
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_CANCEL_FLAG_H_
