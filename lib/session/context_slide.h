// What a full context forgets so that a conversation can go on.
#ifndef GEMMA4_LIB_SESSION_CONTEXT_SLIDE_H_
#define GEMMA4_LIB_SESSION_CONTEXT_SLIDE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lib/text/tokenizer.h"

namespace gemma4 {

// Tokens [begin, begin + count) go.
struct ContextSlide {
  size_t begin = 0;
  size_t count = 0;
};

// Keeps <bos> and the system turn, if the tokens begin so, and of the rest the newest turns: about
// half of max_context_tokens in all, so that it is long until the next time, and at most what
// leaves room for num_needed more. Where the newest turn alone is longer, its end is kept. None if
// the system turn leaves no room. `tokenizer` may be null: then there are no turns to be seen.
std::optional<ContextSlide> PlanContextSlide(std::span<const int32_t> token_ids,
                                             size_t max_context_tokens, size_t num_needed,
                                             const Tokenizer* tokenizer);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_CONTEXT_SLIDE_H_
