// AllowedTokens: the ids that may be chosen now.
#ifndef GEMMA4_LIB_SAMPLING_ALLOWED_TOKENS_H_
#define GEMMA4_LIB_SAMPLING_ALLOWED_TOKENS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/sampling/suppressed_tokens.h"

namespace gemma4 {

// Words of a mask that has a bit for every id of the vocabulary.
inline constexpr size_t NumMaskWords(size_t vocab_size) { return (vocab_size + 63) / 64; }

// Those of a mask that are not suppressed. A view: `suppressed` and `mask` must outlive it.
class AllowedTokens {
 public:
  // mask: [NumMaskWords(vocab_size)], id i is bit i % 64 of word i / 64, and bits past the
  // vocabulary do nothing; empty allows every id.
  AllowedTokens(const SuppressedTokens& suppressed, std::span<const uint64_t> mask)
      : suppressed_(suppressed), mask_(mask) {}

  // Calls visit(id, logit) for each of `logits` [vocab_size], in ascending order of ids.
  template <typename Visit>
  void ForEach(std::span<const float> logits, Visit&& visit) const {
    if (mask_.empty()) {
      suppressed_.ForEachOther(logits, visit);
      return;
    }
    auto suppressed = suppressed_.token_ids().begin();
    const auto suppressed_end = suppressed_.token_ids().end();
    for (size_t begin = 0; begin < logits.size(); begin += 64) {
      const size_t num_ids = std::min<size_t>(64, logits.size() - begin);
      uint64_t word = mask_[begin / 64] & ~uint64_t{0} >> (64 - num_ids);
      for (; suppressed != suppressed_end && static_cast<size_t>(*suppressed) < begin + num_ids;
           ++suppressed) {
        word &= ~(uint64_t{1} << (static_cast<size_t>(*suppressed) - begin));
      }
      for (; word != 0; word &= word - 1) {
        const size_t id = begin + static_cast<size_t>(std::countr_zero(word));
        visit(static_cast<int32_t>(id), logits[id]);
      }
    }
  }

 private:
  const SuppressedTokens& suppressed_;
  std::span<const uint64_t> mask_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_ALLOWED_TOKENS_H_
