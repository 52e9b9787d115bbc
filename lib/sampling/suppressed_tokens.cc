#include "lib/sampling/suppressed_tokens.h"

namespace gemma4 {

SuppressedTokens::SuppressedTokens(std::span<const int32_t> token_ids)
    : token_ids_(token_ids.begin(), token_ids.end()) {
  std::erase_if(token_ids_, [](int32_t id) { return id < 0; });
  std::sort(token_ids_.begin(), token_ids_.end());
  token_ids_.erase(std::unique(token_ids_.begin(), token_ids_.end()), token_ids_.end());
}

}  // namespace gemma4
