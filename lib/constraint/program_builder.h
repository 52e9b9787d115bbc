// ProgramBuilder: makes a Program. Code is made from its end to its beginning: each function takes
// what follows and returns the place of what it made.
#ifndef GEMMA4_LIB_CONSTRAINT_PROGRAM_BUILDER_H_
#define GEMMA4_LIB_CONSTRAINT_PROGRAM_BUILDER_H_

#include <bitset>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

class ProgramBuilder {
 public:
  static constexpr uint32_t kReturn = 0;

  ProgramBuilder();

  // Its code is set later, so that rules can call each other.
  uint32_t AddRule(std::string name, uint32_t min = 0, uint32_t max = kUnlimited);
  void SetRuleCode(uint32_t rule, uint32_t entry) { program_.rules[rule].entry = entry; }

  uint32_t Fail();
  uint32_t Byte(char byte, uint32_t next);
  uint32_t Bytes(const std::bitset<256>& set, uint32_t next);
  uint32_t ByteRange(char first, char last, uint32_t next);
  uint32_t Literal(std::string_view bytes, uint32_t next);
  uint32_t Chars(const CharRanges& set, uint32_t next);
  uint32_t ReadText(Text text, uint32_t next);
  uint32_t Control(ControlToken token, uint32_t next);
  uint32_t Split(std::span<const uint32_t> targets);
  uint32_t Split(std::initializer_list<uint32_t> targets) {
    return Split(std::span(targets.begin(), targets.size()));
  }
  uint32_t Optional(uint32_t first, uint32_t next) { return Split({first, next}); }
  uint32_t Call(uint32_t rule, uint32_t next);
  uint32_t CountItem(uint32_t next) { return Add(Op::kCount, 0, next); }
  uint32_t Enough(Count count, uint32_t next);
  uint32_t More(uint32_t next) { return Add(Op::kMore, 0, next); }

  uint32_t AddObject() {
    program_.objects.emplace_back();
    return static_cast<uint32_t>(program_.objects.size() - 1);
  }
  Object& object(uint32_t index) { return program_.objects[index]; }
  uint32_t Key(uint32_t object) { return Add(Op::kKey, object, 0); }
  uint32_t MayAdd(uint32_t object, uint32_t next) { return Add(Op::kMayAdd, object, next); }
  uint32_t MayEnd(uint32_t object, uint32_t next) { return Add(Op::kMayEnd, object, next); }

  // A loop: `Placeholder` is a kSplit whose targets `SetTargets` gives later.
  uint32_t Placeholder() { return Add(Op::kSplit, 0, 0); }
  void SetTargets(uint32_t placeholder, std::span<const uint32_t> targets);
  void SetTargets(uint32_t placeholder, std::initializer_list<uint32_t> targets) {
    SetTargets(placeholder, std::span(targets.begin(), targets.size()));
  }

  // Whether a limit is passed; Finish says which. Those who make much look now and then.
  bool is_full() const;

  // kUnsupported names a limit or a rule that calls itself before it reads anything;
  // kInvalidArgument says that nothing fulfils the grammar.
  StatusOr<Program> Finish(uint32_t root_rule) &&;

 private:
  uint32_t Add(Op op, uint32_t operand, uint32_t next);

  Program program_;
  std::map<std::string, uint32_t> byte_sets_;  // by their bits, to share them
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_PROGRAM_BUILDER_H_
