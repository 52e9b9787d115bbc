#include "lib/session/context_slide.h"

#include <algorithm>

#include "lib/text/chat/control_tokens.h"

namespace gemma4 {
namespace {

// Tokens of <bos>, and of the system turn up to the new line after it.
size_t NumFirstKept(std::span<const int32_t> ids, const Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return 0;
  const size_t num_bos = !ids.empty() && ids[0] == tokenizer->bos_token_id() ? 1 : 0;
  const auto begin_turn = tokenizer->ControlId(kBeginTurn);
  const auto end_turn = tokenizer->ControlId(kEndTurn);
  if (!begin_turn || !end_turn || ids.size() < num_bos + 2) return num_bos;
  if (ids[num_bos] != *begin_turn || !tokenizer->Bytes(ids[num_bos + 1]).starts_with("system")) {
    return num_bos;
  }
  const size_t end =
      static_cast<size_t>(std::find(ids.begin(), ids.end(), *end_turn) - ids.begin());
  if (end == ids.size()) return num_bos;
  const bool has_newline = end + 1 < ids.size() && tokenizer->Bytes(ids[end + 1]) == "\n";
  return end + (has_newline ? 2 : 1);
}

}  // namespace

std::optional<ContextSlide> PlanContextSlide(std::span<const int32_t> token_ids,
                                             size_t max_context_tokens, size_t num_needed,
                                             const Tokenizer* tokenizer) {
  const size_t num_first = NumFirstKept(token_ids, tokenizer);
  if (num_needed > max_context_tokens || num_first > max_context_tokens - num_needed) {
    return std::nullopt;
  }
  const size_t most = max_context_tokens - num_needed;
  const size_t num_kept = num_first < most / 2 ? std::min(most, max_context_tokens / 2) : most;
  if (num_kept >= token_ids.size()) return ContextSlide{num_first, 0};
  size_t begin = token_ids.size() - (num_kept - num_first);
  if (const auto begin_turn =
          tokenizer != nullptr ? tokenizer->ControlId(kBeginTurn) : std::nullopt) {
    const auto from = token_ids.begin() + static_cast<ptrdiff_t>(begin);
    const auto turn = std::find(from, token_ids.end(), *begin_turn);
    if (turn != token_ids.end()) begin = static_cast<size_t>(turn - token_ids.begin());
  }
  return ContextSlide{num_first, begin - num_first};
}

}  // namespace gemma4
