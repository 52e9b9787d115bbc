// SuppressedTokens: the ids that are never chosen, not even greedily: those of
// generation_config.json's suppress_tokens and those that the caller bans.
#ifndef GEMMA4_LIB_SAMPLING_SUPPRESSED_TOKENS_H_
#define GEMMA4_LIB_SAMPLING_SUPPRESSED_TOKENS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gemma4 {

class SuppressedTokens {
 public:
  SuppressedTokens() = default;
  // In any order; ids outside the vocabulary do nothing.
  explicit SuppressedTokens(std::span<const int32_t> token_ids);

  // Calls visit(id, logit) for every other id of `logits` [vocab_size], in ascending order.
  template <typename Visit>
  void ForEachOther(std::span<const float> logits, Visit&& visit) const {
    size_t id = 0;
    for (int32_t suppressed : token_ids_) {
      const size_t end = std::min(logits.size(), static_cast<size_t>(suppressed));
      for (; id < end; ++id) visit(static_cast<int32_t>(id), logits[id]);
      id = end + 1;
    }
    for (; id < logits.size(); ++id) visit(static_cast<int32_t>(id), logits[id]);
  }

  // Ascending, each once, none negative.
  std::span<const int32_t> token_ids() const { return token_ids_; }

 private:
  std::vector<int32_t> token_ids_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_SUPPRESSED_TOKENS_H_
