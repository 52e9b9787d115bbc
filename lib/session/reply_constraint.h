// ReplyConstraint: which tokens a reply may go on with, when it has to follow a schema or a
// grammar.
#ifndef GEMMA4_LIB_SESSION_REPLY_CONSTRAINT_H_
#define GEMMA4_LIB_SESSION_REPLY_CONSTRAINT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/grammar_matcher.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

// At most one of them.
struct ConstraintOptions {
  std::string json_schema = {};
  std::string grammar = {};         // GBNF
  bool requires_tool_call = false;  // a call of one of the session's tools
};

// A value: a copy goes on on its own.
class ReplyConstraint {
 public:
  // Nothing is constrained.
  ReplyConstraint() = default;

  // kInvalidArgument and kUnsupported say what is wrong with a schema or grammar, or that there is
  // more than one; kUnsupported, too, without a tokenizer.
  static StatusOr<ReplyConstraint> Create(const ConstraintOptions& options,
                                          const LoadedModel& model);

  // Another reply begins, with the next Prepare(): that may need memory, and this does not.
  void Reset() noexcept { is_at_start_ = false; }

  // Before a token is chosen; `tools`: the session's, empty for none. kState if there are none
  // and one has to be called.
  Status Prepare(std::string_view tools, const LoadedModel& model);

  // False: anything goes.
  bool exists() const { return matcher_.has_value() || options_.requires_tool_call; }

  // The mask of the tokens that may come next: [NumMaskWords(vocab_size)], valid until the next
  // call. `end_ids` may where the reply may end, `also` (-1: none) in any case. Prepare() was
  // called.
  std::span<const uint64_t> AllowedTokens(std::span<const int32_t> end_ids, int32_t also);

  // Nothing but the end may come. REQUIRES: AllowedTokens() was asked.
  bool MustEnd() const { return must_end_; }

  // Goes on by a token that was made; false if the constraint does not allow it.
  bool Accept(int32_t token_id) { return !matcher_ || matcher_->Accept(token_id); }

 private:
  ConstraintOptions options_;
  std::optional<GrammarMatcher> matcher_;
  std::string tools_;         // that matcher_ was made of
  bool is_at_start_ = false;  // or further on, where tokens were accepted since Reset()
  std::vector<uint64_t> mask_;
  bool must_end_ = false;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_REPLY_CONSTRAINT_H_
