#include "lib/session/reply_constraint.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/constraint/grammar.h"
#include "lib/constraint/token_index.h"

namespace gemma4 {
namespace {

StatusOr<GrammarMatcher> MatcherOf(StatusOr<Grammar::Ptr> grammar, const LoadedModel& model) {
  GEMMA4_RETURN_IF_ERROR(grammar.status());
  GEMMA4_ASSIGN_OR_RETURN(std::shared_ptr<const TokenIndex> index, model.RequireTokenIndex());
  return GrammarMatcher::Create(std::move(grammar).value(), std::move(index));
}

}  // namespace

StatusOr<ReplyConstraint> ReplyConstraint::Create(const ConstraintOptions& options,
                                                  const LoadedModel& model) {
  const int num_given = (options.json_schema.empty() ? 0 : 1) + (options.grammar.empty() ? 0 : 1) +
                        (options.requires_tool_call ? 1 : 0);
  if (num_given > 1) {
    return Status::InvalidArgument(
        "%d of json_schema, grammar and requires_tool_call are given; a reply follows at most one",
        num_given);
  }
  ReplyConstraint constraint;
  constraint.options_ = options;
  if (num_given == 0) return constraint;
  GEMMA4_RETURN_IF_ERROR(model.RequireTokenizer().status());
  constraint.mask_.resize((model.config().vocab_size + 63) / 64);
  if (!options.json_schema.empty()) {
    GEMMA4_ASSIGN_OR_RETURN(constraint.matcher_,
                            MatcherOf(Grammar::FromJsonSchema(options.json_schema), model));
  } else if (!options.grammar.empty()) {
    GEMMA4_ASSIGN_OR_RETURN(constraint.matcher_,
                            MatcherOf(Grammar::FromGbnf(options.grammar), model));
  }
  return constraint;
}

Status ReplyConstraint::Prepare(std::string_view tools, const LoadedModel& model) {
  if (options_.requires_tool_call && !(matcher_ && tools_ == tools)) {
    if (tools.empty()) {
      return Status::State("requires_tool_call is set, and the session has no tools");
    }
    GEMMA4_ASSIGN_OR_RETURN(matcher_, MatcherOf(Grammar::FromTools(tools), model));
    tools_ = tools;
  }
  if (!is_at_start_) matcher_->Reset();
  is_at_start_ = true;
  return Status::Ok();
}

std::span<const uint64_t> ReplyConstraint::AllowedTokens(std::span<const int32_t> end_ids,
                                                         int32_t also) {
  const std::span<const uint64_t> allowed = matcher_->AllowedTokens();
  std::copy(allowed.begin(), allowed.end(), mask_.begin());
  must_end_ = std::all_of(mask_.begin(), mask_.end(), [](uint64_t word) { return word == 0; });
  const auto allow = [&](int32_t id) {
    mask_[static_cast<size_t>(id) / 64] |= uint64_t{1} << (static_cast<size_t>(id) % 64);
  };
  if (matcher_->CanEnd()) {
    for (int32_t id : end_ids) allow(id);
  }
  if (also >= 0) allow(also);
  return mask_;
}

}  // namespace gemma4
