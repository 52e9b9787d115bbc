#include "lib/constraint/notation.h"

#include <utility>

namespace gemma4::constraint {
namespace {

constexpr int kMaxIndent = 64;

// What bare keys of tool calls consist of.
const CharRanges kBareKeyChars = {{'-', '.'}, {'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};

}  // namespace

uint32_t Notation::String(CharAutomaton automaton, uint32_t next) {
  if (is_json()) {
    const uint32_t close = builder_.Byte('"', next);
    return builder_.Byte('"', builder_.ReadText({std::move(automaton), true}, close));
  }
  const uint32_t close = builder_.Control(ControlToken::kQuote, next);
  return builder_.Control(ControlToken::kQuote,
                          builder_.ReadText({std::move(automaton), false}, close));
}

CharAutomaton Notation::AnyText() const {
  if (is_json()) return CharAutomaton::AllOver({{0, kMaxChar}});
  return CharAutomaton::AllOver({{'\t', '\n'}, {'\r', '\r'}, {0x20, kMaxChar}});
}

uint32_t Notation::Space(uint32_t next) {
  if (!is_json()) return next;
  if (!space_rule_.has_value()) {
    space_rule_ = builder_.AddRule("space");
    uint32_t indent = ProgramBuilder::kReturn;
    for (int i = 0; i < kMaxIndent; ++i) {
      indent = builder_.Split({ProgramBuilder::kReturn, builder_.Byte(' ', indent)});
    }
    builder_.SetRuleCode(*space_rule_, builder_.Split({ProgramBuilder::kReturn,
                                                       builder_.Byte(' ', ProgramBuilder::kReturn),
                                                       builder_.Byte('\n', indent)}));
  }
  return builder_.Call(*space_rule_, next);
}

uint32_t Notation::CloseKey(uint32_t next) {
  if (!is_json()) return builder_.Byte(':', next);
  return builder_.Byte('"', builder_.Byte(':', Space(next)));
}

void Notation::DescribeKeys(Object* object) const {
  object->has_escapes = is_json();
  if (is_json()) {
    object->additional_chars = {{0, kMaxChar}};
  } else {
    object->additional_chars = kBareKeyChars;
    object->additional_may_be_empty = false;
  }
}

bool Notation::CanWriteKey(const std::u32string& name) const {
  if (is_json()) return true;
  for (const char32_t c : name) {
    if (!Contains(kBareKeyChars, c)) return false;
  }
  return !name.empty();
}

}  // namespace gemma4::constraint
