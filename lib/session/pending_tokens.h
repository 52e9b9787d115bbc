// PendingTokens: tokens of a sequence that were appended and are to be run, in chunks.
#ifndef GEMMA4_LIB_SESSION_PENDING_TOKENS_H_
#define GEMMA4_LIB_SESSION_PENDING_TOKENS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gemma4 {

// Allocates only in Append, and there only for more tokens than ever before.
class PendingTokens {
 public:
  // All or, when memory runs out (std::bad_alloc), nothing.
  void Append(std::span<const int32_t> token_ids) {
    token_ids_.insert(token_ids_.end(), token_ids.begin(), token_ids.end());
  }
  void Reserve(size_t num_more_tokens) { token_ids_.reserve(token_ids_.size() + num_more_tokens); }

  // At most `max_tokens` of those that wait, the oldest.
  std::span<const int32_t> NextChunk(size_t max_tokens) const {
    return {token_ids_.data() + num_done_, std::min(max_tokens, num_waiting())};
  }

  // The oldest `count` were run. With the last one the counts begin anew.
  void MarkDone(size_t count) {
    num_done_ += count;
    if (num_done_ == token_ids_.size()) Clear();
  }

  // Takes back the last `count`. REQUIRES: they wait.
  void DropLast(size_t count) { token_ids_.resize(token_ids_.size() - count); }

  void Clear() {
    token_ids_.clear();
    num_done_ = 0;
  }

  size_t num_waiting() const { return token_ids_.size() - num_done_; }
  size_t num_done() const { return num_done_; }
  size_t num_total() const { return token_ids_.size(); }

 private:
  std::vector<int32_t> token_ids_;
  size_t num_done_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_PENDING_TOKENS_H_
