// TokenSequence: the tokens of a session, of which the first have run and the others wait.
#ifndef GEMMA4_LIB_SESSION_TOKEN_SEQUENCE_H_
#define GEMMA4_LIB_SESSION_TOKEN_SEQUENCE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gemma4 {

// Room for max_tokens is taken at once, so nothing allocates later.
class TokenSequence {
 public:
  explicit TokenSequence(size_t max_tokens) { token_ids_.reserve(max_tokens); }

  // REQUIRES: there is room.
  void Append(std::span<const int32_t> token_ids) {
    token_ids_.insert(token_ids_.end(), token_ids.begin(), token_ids.end());
  }

  // At most `max_tokens` of those that wait, the oldest.
  std::span<const int32_t> NextChunk(size_t max_tokens) const {
    return {token_ids_.data() + num_run_, std::min(max_tokens, num_waiting())};
  }

  // The oldest `count` that wait were run. With the last one the counts below begin anew.
  void MarkRun(size_t count) {
    num_run_ += count;
    if (num_waiting() == 0) prompt_begin_ = num_run_;
  }

  // Takes back the last `count`. REQUIRES: they wait.
  void DropLast(size_t count) { token_ids_.resize(token_ids_.size() - count); }

  // Keeps the first `size`, of which the first `num_run` count as run.
  void Rewind(size_t size, size_t num_run) {
    token_ids_.resize(size);
    num_run_ = prompt_begin_ = num_run;
  }

  // Takes out `count` tokens from `begin` on; the first `num_run` count as run.
  void Erase(size_t begin, size_t count, size_t num_run) {
    const auto first = token_ids_.begin() + static_cast<ptrdiff_t>(begin);
    token_ids_.erase(first, first + static_cast<ptrdiff_t>(count));
    num_run_ = prompt_begin_ = num_run;
  }

  // Becomes what another sequence was. REQUIRES: prompt_begin <= num_run <= token_ids.size(), and
  // there is room.
  void Restore(std::span<const int32_t> token_ids, size_t num_run, size_t prompt_begin) {
    token_ids_.assign(token_ids.begin(), token_ids.end());
    num_run_ = num_run;
    prompt_begin_ = prompt_begin;
  }

  size_t num_run() const { return num_run_; }
  size_t prompt_begin() const { return prompt_begin_; }
  std::span<const int32_t> token_ids() const { return token_ids_; }
  size_t size() const { return token_ids_.size(); }
  size_t num_waiting() const { return token_ids_.size() - num_run_; }

  // Of what was appended since the last time that nothing waited.
  size_t num_prompt_run() const { return num_run_ - prompt_begin_; }
  size_t num_prompt() const { return token_ids_.size() - prompt_begin_; }

 private:
  std::vector<int32_t> token_ids_;
  size_t num_run_ = 0;
  size_t prompt_begin_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_TOKEN_SEQUENCE_H_
