// What the opaque types of the C interface are.
#ifndef GEMMA4_LIB_API_HANDLES_H_
#define GEMMA4_LIB_API_HANDLES_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "lib/base/cancel_flag.h"
#include "lib/base/thread_pool.h"
#include "lib/session/loaded_model.h"
#include "lib/session/session.h"

struct gemma4_cancel {
  gemma4::CancelFlag flag;
};

// The handle counts its own references; sessions share what it points at and not the handle.
struct gemma4_model {
  std::shared_ptr<const gemma4::LoadedModel> model;
  std::atomic<size_t> num_references{1};
};

// The caller's reference; models that were loaded with it hold their own.
struct gemma4_thread_pool {
  std::shared_ptr<gemma4::ThreadPool> pool;
};

struct gemma4_session {
  std::unique_ptr<gemma4::Session> session;
};

namespace gemma4 {

inline const CancelFlag* FlagOf(const gemma4_cancel* cancel) {
  return cancel != nullptr ? &cancel->flag : nullptr;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_HANDLES_H_
