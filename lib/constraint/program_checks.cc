#include "lib/constraint/program_checks.h"

#include <algorithm>
#include <vector>

namespace gemma4::constraint {
namespace {

// Calls `visit(target)` for all places where `instruction` may go on without reading anything;
// of a call, where it goes on after the rule.
template <typename Visit>
void ForEachSilentStep(const Program& program, const Instruction& instruction, Visit visit) {
  switch (instruction.op) {
    case Op::kSplit:
      for (uint32_t i = 0; i < instruction.next; ++i) {
        visit(program.targets[instruction.operand + i]);
      }
      return;
    case Op::kEnough:
      // Where something is missing, an item comes first, and no item is empty.
      if (program.counts[instruction.operand].min == 0) visit(instruction.next);
      return;
    case Op::kCall:
    case Op::kText:
    case Op::kCount:
    case Op::kMore:
    case Op::kMayAdd:
    case Op::kMayEnd: visit(instruction.next); return;
    case Op::kFail:
    case Op::kReturn:
    case Op::kBytes:
    case Op::kChar:
    case Op::kControl:
    case Op::kKey: return;
  }
}

// By rule: whether it may end without reading anything.
std::vector<char> FindEmptyRules(const Program& program) {
  const size_t num_instructions = program.code.size();
  std::vector<std::vector<uint32_t>> sources(num_instructions);
  std::vector<std::vector<uint32_t>> callers(program.rules.size());
  std::vector<std::vector<uint32_t>> rules_at(num_instructions);
  for (uint32_t i = 0; i < num_instructions; ++i) {
    ForEachSilentStep(program, program.code[i],
                      [&](uint32_t target) { sources[target].push_back(i); });
    if (program.code[i].op == Op::kCall) callers[program.code[i].operand].push_back(i);
  }
  for (uint32_t rule = 0; rule < program.rules.size(); ++rule) {
    rules_at[program.rules[rule].entry].push_back(rule);
  }
  std::vector<char> is_empty_rule(program.rules.size(), 0), is_empty(num_instructions, 0);
  std::vector<uint32_t> work;
  const auto reach = [&](uint32_t i) {
    if (is_empty[i]) return;
    is_empty[i] = 1;
    work.push_back(i);
  };
  for (uint32_t i = 0; i < num_instructions; ++i) {
    if (program.code[i].op == Op::kReturn) reach(i);
  }
  while (!work.empty()) {
    const uint32_t i = work.back();
    work.pop_back();
    for (const uint32_t source : sources[i]) {
      const Instruction& instruction = program.code[source];
      if (instruction.op == Op::kCall && !is_empty_rule[instruction.operand]) continue;
      reach(source);
    }
    for (const uint32_t rule : rules_at[i]) {
      is_empty_rule[rule] = 1;
      for (const uint32_t call : callers[rule]) {
        if (is_empty[program.code[call].next]) reach(call);
      }
    }
  }
  return is_empty_rule;
}

// The rules that `rule` may call before it reads anything.
std::vector<uint32_t> FirstCalls(const Program& program, uint32_t rule,
                                 const std::vector<char>& is_empty_rule,
                                 std::vector<uint32_t>* seen_by) {
  std::vector<uint32_t> calls, work;
  const auto reach = [&](uint32_t i) {
    if ((*seen_by)[i] == rule + 1) return;
    (*seen_by)[i] = rule + 1;
    work.push_back(i);
  };
  reach(program.rules[rule].entry);
  while (!work.empty()) {
    const Instruction& instruction = program.code[work.back()];
    work.pop_back();
    if (instruction.op == Op::kCall) {
      calls.push_back(instruction.operand);
      if (!is_empty_rule[instruction.operand]) continue;
    }
    ForEachSilentStep(program, instruction, reach);
  }
  std::sort(calls.begin(), calls.end());
  calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
  return calls;
}

}  // namespace

Status CheckCalls(Program* program) {
  const std::vector<char> is_empty_rule = FindEmptyRules(*program);
  const size_t num_rules = program->rules.size();
  std::vector<uint32_t> seen_by(program->code.size(), 0);
  std::vector<std::vector<uint32_t>> first_calls(num_rules);
  for (uint32_t rule = 0; rule < num_rules; ++rule) {
    first_calls[rule] = FirstCalls(*program, rule, is_empty_rule, &seen_by);
  }
  enum : char { kNew, kOpen, kDone };
  std::vector<char> state(num_rules, kNew);
  std::vector<uint32_t> chain(num_rules, 0);  // longest chain of calls from a rule
  struct Visit {
    uint32_t rule;
    size_t next_call = 0;
  };
  std::vector<Visit> stack;
  for (uint32_t start = 0; start < num_rules; ++start) {
    if (state[start] != kNew) continue;
    stack.push_back({start});
    state[start] = kOpen;
    while (!stack.empty()) {
      Visit& visit = stack.back();
      const std::vector<uint32_t>& calls = first_calls[visit.rule];
      if (visit.next_call == calls.size()) {
        for (const uint32_t called : calls) {
          chain[visit.rule] = std::max(chain[visit.rule], chain[called] + 1);
        }
        program->max_calls = std::max(program->max_calls, chain[visit.rule]);
        state[visit.rule] = kDone;
        stack.pop_back();
        continue;
      }
      const uint32_t called = calls[visit.next_call++];
      if (state[called] == kOpen) {
        return Status::Unsupported(
            "%s refers to itself before it reads anything (left recursion), which is not supported",
            program->rules[called].name.c_str());
      }
      if (state[called] == kNew) {
        state[called] = kOpen;
        stack.push_back({called});
      }
    }
  }
  return Status::Ok();
}

namespace {

// frames_needed falls from kNeverEnds to what it is; whenever a value falls, what depends on it is
// looked at again. No value depends on itself by way of a kCall without getting larger, so this
// ends.
class FramesNeeded {
 public:
  explicit FramesNeeded(Program* program)
      : program_(*program),
        needed_(program->code.size(), kNeverEnds),
        users_(program->code.size()),
        calls_(program->rules.size()),
        rules_at_(program->code.size()),
        counts_using_(program->rules.size()),
        objects_using_(program->rules.size()),
        count_users_(program->counts.size()),
        object_users_(program->objects.size()) {}

  std::vector<uint32_t> Find() {
    Link();
    for (uint32_t i = 0; i < needed_.size(); ++i) Update(i);
    while (!work_.empty()) {
      const uint32_t i = work_.back();
      work_.pop_back();
      for (const uint32_t user : users_[i]) {
        if (program_.code[user].op == Op::kSplit) {
          Lower(user, needed_[i]);
        } else {
          Update(user);
        }
      }
      for (const uint32_t rule : rules_at_[i]) {
        for (const uint32_t call : calls_[rule]) Update(call);
        for (const uint32_t count : counts_using_[rule]) {
          for (const uint32_t user : count_users_[count]) Update(user);
        }
        for (const uint32_t object : objects_using_[rule]) {
          for (const uint32_t user : object_users_[object]) Update(user);
        }
      }
    }
    return std::move(needed_);
  }

 private:
  void Link() {
    for (uint32_t i = 0; i < needed_.size(); ++i) {
      const Instruction& instruction = program_.code[i];
      switch (instruction.op) {
        case Op::kFail:
        case Op::kReturn: break;
        case Op::kSplit:
          for (uint32_t t = 0; t < instruction.next; ++t) {
            users_[program_.targets[instruction.operand + t]].push_back(i);
          }
          break;
        case Op::kKey: {
          const Object& object = program_.objects[instruction.operand];
          for (const uint32_t code : object.codes) users_[code].push_back(i);
          if (object.additional_code != 0) users_[object.additional_code].push_back(i);
          break;
        }
        case Op::kCall:
          calls_[instruction.operand].push_back(i);
          users_[instruction.next].push_back(i);
          break;
        case Op::kEnough:
          count_users_[instruction.operand].push_back(i);
          users_[instruction.next].push_back(i);
          break;
        case Op::kMayEnd:
          object_users_[instruction.operand].push_back(i);
          users_[instruction.next].push_back(i);
          break;
        case Op::kBytes:
        case Op::kChar:
        case Op::kText:
        case Op::kControl:
        case Op::kCount:
        case Op::kMore:
        case Op::kMayAdd: users_[instruction.next].push_back(i); break;
      }
    }
    for (uint32_t rule = 0; rule < program_.rules.size(); ++rule) {
      rules_at_[program_.rules[rule].entry].push_back(rule);
    }
    for (uint32_t count = 0; count < program_.counts.size(); ++count) {
      for (const uint32_t rule : program_.counts[count].item_rules) {
        counts_using_[rule].push_back(count);
      }
    }
    for (uint32_t i = 0; i < program_.objects.size(); ++i) {
      for (const uint32_t rule : program_.objects[i].value_rules) objects_using_[rule].push_back(i);
      if (program_.objects[i].additional_code != 0) {
        objects_using_[program_.objects[i].additional_rule].push_back(i);
      }
    }
  }

  uint32_t OfRule(uint32_t rule) const { return needed_[program_.rules[rule].entry]; }

  // With the frame of the called rule itself.
  uint32_t OfCall(uint32_t rule) const {
    const uint32_t needed = OfRule(rule);
    return needed == kNeverEnds ? kNeverEnds : needed + 1;
  }

  uint32_t OfCount(const Count& count) const {
    uint32_t needed = 0;
    for (size_t i = 0; i < count.item_rules.size() && i < count.min; ++i) {
      needed = std::max(needed, OfCall(count.item_rules[i]));
    }
    return count.item_rules.empty() && count.min > 0 ? kNeverEnds : needed;
  }

  uint32_t OfObject(const Object& object) const {
    uint32_t needed = 0;
    std::vector<uint32_t> others;  // of properties that may also be left out
    for (size_t i = 0; i < object.names.size(); ++i) {
      const uint32_t value = OfCall(object.value_rules[i]);
      if (object.required[i]) {
        needed = std::max(needed, value);
      } else {
        others.push_back(value);
      }
    }
    const size_t num_required = object.required.count();
    if (object.min <= num_required) return needed;
    const size_t num_missing = object.min - num_required;
    if (object.additional_code != 0) {
      others.resize(others.size() + num_missing, OfCall(object.additional_rule));
    }
    if (others.size() < num_missing) return kNeverEnds;
    std::nth_element(others.begin(), others.begin() + static_cast<ptrdiff_t>(num_missing - 1),
                     others.end());
    return std::max(needed, others[num_missing - 1]);
  }

  void Update(uint32_t i) {
    const Instruction& instruction = program_.code[i];
    switch (instruction.op) {
      case Op::kFail: return;
      case Op::kReturn: Lower(i, 0); return;
      case Op::kSplit:
        for (uint32_t t = 0; t < instruction.next; ++t) {
          Lower(i, needed_[program_.targets[instruction.operand + t]]);
        }
        return;
      case Op::kKey: {
        const Object& object = program_.objects[instruction.operand];
        for (const uint32_t code : object.codes) Lower(i, needed_[code]);
        if (object.additional_code != 0) Lower(i, needed_[object.additional_code]);
        return;
      }
      case Op::kCall:
        // A call at the end of a rule takes over the rule's frame.
        Lower(i, program_.code[instruction.next].op == Op::kReturn
                     ? OfRule(instruction.operand)
                     : std::max(OfCall(instruction.operand), needed_[instruction.next]));
        return;
      case Op::kEnough:
        Lower(i,
              std::max(OfCount(program_.counts[instruction.operand]), needed_[instruction.next]));
        return;
      case Op::kMayEnd:
        Lower(i,
              std::max(OfObject(program_.objects[instruction.operand]), needed_[instruction.next]));
        return;
      case Op::kBytes:
      case Op::kChar:
      case Op::kText:
      case Op::kControl:
      case Op::kCount:
      case Op::kMore:
      case Op::kMayAdd: Lower(i, needed_[instruction.next]); return;
    }
  }

  void Lower(uint32_t i, uint32_t needed) {
    if (needed >= needed_[i]) return;
    needed_[i] = needed;
    work_.push_back(i);
  }

  const Program& program_;
  std::vector<uint32_t> needed_;                      // by instruction
  std::vector<std::vector<uint32_t>> users_;          // by instruction: whose value depends on it
  std::vector<std::vector<uint32_t>> calls_;          // by rule: instructions
  std::vector<std::vector<uint32_t>> rules_at_;       // by instruction: rules that begin there
  std::vector<std::vector<uint32_t>> counts_using_;   // by rule
  std::vector<std::vector<uint32_t>> objects_using_;  // by rule
  std::vector<std::vector<uint32_t>> count_users_;    // by count: instructions
  std::vector<std::vector<uint32_t>> object_users_;   // by object: instructions
  std::vector<uint32_t> work_;
};

}  // namespace

void FindFramesNeeded(Program* program) {
  program->frames_needed = FramesNeeded(program).Find();
  program->max_frames_needed = 0;
  for (const uint32_t needed : program->frames_needed) {
    if (needed != kNeverEnds)
      program->max_frames_needed = std::max(program->max_frames_needed, needed);
  }
}

}  // namespace gemma4::constraint
