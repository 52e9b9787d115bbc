#include "lib/constraint/grammar_matcher.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "lib/constraint/token_masks.h"

namespace gemma4 {

using constraint::ControlToken;
using constraint::Engine;
using constraint::Instruction;
using constraint::Op;
using constraint::Program;
using constraint::Reading;
using constraint::ReadingSet;

struct GrammarMatcher::SharedMasks {
  SharedMasks(const Program& program, const TokenIndex& index) : masks(program, index) {}

  std::mutex mutex;
  constraint::TokenMasks masks;  // guarded by `mutex`
};

StatusOr<GrammarMatcher> GrammarMatcher::Create(Grammar::Ptr grammar,
                                                std::shared_ptr<const TokenIndex> index) {
  static constexpr const char* kSpelling[] = {"<|tool_call>", "<tool_call|>", "<|\"|>"};
  static_assert(std::size(kSpelling) == constraint::kNumControlTokens);
  for (const Instruction& instruction : grammar->program().code) {
    if (instruction.op == Op::kControl && index->ControlId(instruction.operand) < 0) {
      return Status::Unsupported("the vocabulary has no %s, which the grammar needs",
                                 kSpelling[instruction.operand]);
    }
  }
  GrammarMatcher matcher;
  matcher.masks_ = std::make_shared<SharedMasks>(grammar->program(), *index);
  matcher.grammar_ = std::move(grammar);
  matcher.index_ = std::move(index);
  matcher.mask_.resize(matcher.index_->num_mask_words());
  matcher.Reset();
  return matcher;
}

void GrammarMatcher::Reset() {
  const Program& program = grammar_->program();
  state_ = Engine(program, 0).Start({Engine::FrameOf(program, program.root_rule), nullptr});
  has_ended_ = false;
  mask_is_known_ = false;
}

std::span<const uint64_t> GrammarMatcher::AllowedTokens() {
  if (mask_is_known_) return mask_;
  std::fill(mask_.begin(), mask_.end(), 0);
  if (has_ended_) return mask_;
  const auto set = [this](int32_t id) {
    mask_[static_cast<size_t>(id) / 64] |= uint64_t{1} << (id % 64);
  };
  {
    const std::lock_guard<std::mutex> lock(masks_->mutex);
    has_single_bytes_only_ = !masks_->masks.AddAllowed(state_, mask_);
  }
  for (const Reading& reading : state_.readings) {
    const Instruction& instruction = grammar_->program().code[reading.frame.place];
    if (instruction.op == Op::kControl) set(index_->ControlId(instruction.operand));
  }
  if (state_.can_end) {
    for (const int32_t id : index_->end_ids()) set(id);
  }
  mask_is_known_ = true;  // not before: finding out may need memory that is not there
  return mask_;
}

bool GrammarMatcher::Accept(int32_t token_id) {
  if (has_ended_ || token_id < 0 || static_cast<size_t>(token_id) >= index_->vocab_size()) {
    return false;
  }
  if (state_.can_end && index_->IsEnd(token_id)) {
    has_ended_ = true;
    mask_is_known_ = false;
    return true;
  }
  for (size_t i = 0; i < constraint::kNumControlTokens; ++i) {
    if (token_id != index_->ControlId(i)) continue;
    ReadingSet next =
        Engine(grammar_->program(), 0).ReadControl(state_, static_cast<ControlToken>(i));
    if (next.is_dead()) return false;
    state_ = std::move(next);
    mask_is_known_ = false;
    return true;
  }
  const std::string_view bytes = index_->Bytes(token_id);
  return !bytes.empty() && AcceptBytes(bytes);
}

bool GrammarMatcher::AcceptBytes(std::string_view bytes) {
  if (has_ended_) return false;
  const Engine engine(grammar_->program(), 0);
  ReadingSet set = state_;
  for (const char byte : bytes) {
    set = engine.ReadByte(set, static_cast<uint8_t>(byte));
    if (set.is_dead()) return false;
  }
  state_ = std::move(set);
  mask_is_known_ = false;
  return true;
}

}  // namespace gemma4
