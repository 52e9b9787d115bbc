// GrammarMatcher: follows an answer token by token and says which tokens may come next.
#ifndef GEMMA4_LIB_CONSTRAINT_GRAMMAR_MATCHER_H_
#define GEMMA4_LIB_CONSTRAINT_GRAMMAR_MATCHER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/grammar.h"
#include "lib/constraint/reading.h"
#include "lib/constraint/token_index.h"

namespace gemma4 {

// A copy goes on from the same place, on its own. Copies share what they have found out about the
// vocabulary, under a lock; a matcher itself serves one thread at a time. So keep one matcher a
// grammar and copy it for each answer.
class GrammarMatcher {
 public:
  // kUnsupported where the grammar needs a control token that the vocabulary lacks.
  static StatusOr<GrammarMatcher> Create(Grammar::Ptr grammar,
                                         std::shared_ptr<const TokenIndex> index);

  // Bit i % 64 of word i / 64 is set where token i may come next: [index.num_mask_words()], valid
  // until the next call. After each of them the answer can be brought to an end, so the mask is
  // never empty before the end, if the vocabulary has a token for each byte and an end token.
  std::span<const uint64_t> AllowedTokens();
  // Whether the last mask has tokens of a single byte only, though Accept() takes others: the
  // grammar reads the text in so many ways that looking at every token would take seconds.
  bool has_single_bytes_only() const { return has_single_bytes_only_; }

  // Goes on by a token. False, with nothing changed, where it is not allowed.
  bool Accept(int32_t token_id);

  // The answer is complete as it is; end tokens are allowed.
  bool CanEnd() const { return !has_ended_ && state_.can_end; }
  // An end token was accepted; nothing is allowed any more.
  bool has_ended() const { return has_ended_; }

  // Back to the start.
  void Reset();

  // Reads bytes as Accept reads those of a token.
  bool AcceptBytes(std::string_view bytes);

 private:
  struct SharedMasks;

  GrammarMatcher() = default;

  Grammar::Ptr grammar_;
  std::shared_ptr<const TokenIndex> index_;
  std::shared_ptr<SharedMasks> masks_;
  constraint::ReadingSet state_;
  bool has_ended_ = false;
  bool mask_is_known_ = false;
  bool has_single_bytes_only_ = false;
  std::vector<uint64_t> mask_;  // [index.num_mask_words()]
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CONSTRAINT_GRAMMAR_MATCHER_H_
