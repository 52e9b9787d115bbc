#include "lib/constraint/program_builder.h"

#include <utility>

#include "lib/constraint/program_checks.h"

namespace gemma4::constraint {

ProgramBuilder::ProgramBuilder() { Add(Op::kReturn, 0, 0); }

bool ProgramBuilder::is_full() const {
  return program_.code.size() > kMaxInstructions ||
         program_.targets.size() > 2 * kMaxInstructions || program_.rules.size() > kMaxRules;
}

uint32_t ProgramBuilder::Add(Op op, uint32_t operand, uint32_t next) {
  program_.code.push_back({op, operand, next});
  return static_cast<uint32_t>(program_.code.size() - 1);
}

uint32_t ProgramBuilder::AddRule(std::string name, uint32_t min, uint32_t max) {
  program_.rules.push_back({std::move(name), 0, min, max});
  return static_cast<uint32_t>(program_.rules.size() - 1);
}

uint32_t ProgramBuilder::Fail() { return Add(Op::kFail, 0, 0); }

uint32_t ProgramBuilder::Bytes(const std::bitset<256>& set, uint32_t next) {
  const auto [found, is_new] =
      byte_sets_.try_emplace(set.to_string(), static_cast<uint32_t>(program_.byte_sets.size()));
  if (is_new) program_.byte_sets.push_back(set);
  return Add(Op::kBytes, found->second, next);
}

uint32_t ProgramBuilder::Byte(char byte, uint32_t next) {
  return Bytes(std::bitset<256>().set(static_cast<uint8_t>(byte)), next);
}

uint32_t ProgramBuilder::ByteRange(char first, char last, uint32_t next) {
  std::bitset<256> set;
  for (int byte = static_cast<uint8_t>(first); byte <= static_cast<uint8_t>(last); ++byte) {
    set.set(static_cast<size_t>(byte));
  }
  return Bytes(set, next);
}

uint32_t ProgramBuilder::Literal(std::string_view bytes, uint32_t next) {
  for (size_t i = bytes.size(); i-- > 0;) next = Byte(bytes[i], next);
  return next;
}

uint32_t ProgramBuilder::Chars(const CharRanges& set, uint32_t next) {
  if (set.empty()) return Fail();
  if (set.back().last < 0x80) {
    std::bitset<256> bytes;
    for (const CharRange& range : set) {
      for (char32_t c = range.first; c <= range.last; ++c) bytes.set(c);
    }
    return Bytes(bytes, next);
  }
  program_.char_sets.push_back(set);
  return Add(Op::kChar, static_cast<uint32_t>(program_.char_sets.size() - 1), next);
}

uint32_t ProgramBuilder::ReadText(Text text, uint32_t next) {
  if (text.automaton.is_empty()) return Fail();
  program_.texts.push_back(std::move(text));
  return Add(Op::kText, static_cast<uint32_t>(program_.texts.size() - 1), next);
}

uint32_t ProgramBuilder::Control(ControlToken token, uint32_t next) {
  return Add(Op::kControl, static_cast<uint32_t>(token), next);
}

uint32_t ProgramBuilder::Split(std::span<const uint32_t> targets) {
  if (targets.size() == 1) return targets[0];
  const uint32_t split = Placeholder();
  SetTargets(split, targets);
  return split;
}

void ProgramBuilder::SetTargets(uint32_t placeholder, std::span<const uint32_t> targets) {
  program_.code[placeholder].operand = static_cast<uint32_t>(program_.targets.size());
  program_.code[placeholder].next = static_cast<uint32_t>(targets.size());
  program_.targets.insert(program_.targets.end(), targets.begin(), targets.end());
}

uint32_t ProgramBuilder::Call(uint32_t rule, uint32_t next) { return Add(Op::kCall, rule, next); }

uint32_t ProgramBuilder::Enough(Count count, uint32_t next) {
  program_.counts.push_back(std::move(count));
  return Add(Op::kEnough, static_cast<uint32_t>(program_.counts.size() - 1), next);
}

StatusOr<Program> ProgramBuilder::Finish(uint32_t root_rule) && {
  program_.root_rule = root_rule;
  if (program_.rules.size() > kMaxRules) {
    return Status::Unsupported("the grammar has %zu rules; at most %zu are allowed",
                               program_.rules.size(), kMaxRules);
  }
  if (is_full()) {
    return Status::Unsupported("the grammar takes %zu instructions; at most %zu are allowed",
                               program_.code.size(), kMaxInstructions);
  }
  GEMMA4_RETURN_IF_ERROR(CheckCalls(&program_));
  FindFramesNeeded(&program_);
  const uint32_t needed = program_.frames_needed[program_.rules[root_rule].entry];
  if (needed == kNeverEnds) {
    return Status::InvalidArgument("nothing fulfils the grammar");
  }
  if (needed >= kMaxDepth) {
    return Status::Unsupported("the grammar needs %u levels; at most %u are allowed", needed,
                               kMaxDepth);
  }
  return std::move(program_);
}

}  // namespace gemma4::constraint
