// SessionMemory: a session's share of its model's memory budget.
#ifndef GEMMA4_LIB_SESSION_SESSION_MEMORY_H_
#define GEMMA4_LIB_SESSION_SESSION_MEMORY_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "lib/base/status.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

// Move-only; gives the share back at its end.
class SessionMemory {
 public:
  static StatusOr<SessionMemory> Take(std::shared_ptr<const LoadedModel> model,
                                      uint64_t size_bytes) {
    GEMMA4_RETURN_IF_ERROR(model->TakeSessionMemory(size_bytes));
    return SessionMemory(std::move(model), size_bytes);
  }
  SessionMemory(SessionMemory&&) = default;
  SessionMemory& operator=(SessionMemory&&) = delete;
  ~SessionMemory() {
    if (model_ != nullptr) model_->GiveBackSessionMemory(size_bytes_);
  }

 private:
  SessionMemory(std::shared_ptr<const LoadedModel> model, uint64_t size_bytes)
      : model_(std::move(model)), size_bytes_(size_bytes) {}

  std::shared_ptr<const LoadedModel> model_;
  uint64_t size_bytes_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_SESSION_MEMORY_H_
