// Program: a compiled grammar as instructions of a nondeterministic machine with a stack.
//
// Each rule is a piece of code that ends in kReturn. A frame runs a rule; it holds the place in the
// code and what the rule has to remember: how many items it has read, which properties it has seen.
// Whatever a grammar was written in, it becomes these instructions, and one engine runs them
// (lib/constraint/reading.h).
#ifndef GEMMA4_LIB_CONSTRAINT_PROGRAM_H_
#define GEMMA4_LIB_CONSTRAINT_PROGRAM_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/constraint/char_automaton.h"
#include "lib/constraint/char_ranges.h"

namespace gemma4::constraint {

inline constexpr size_t kMaxInstructions = 20000;
inline constexpr size_t kMaxRules = 10000;
inline constexpr size_t kMaxProperties = 256;
// Frames on the stack: objects and lists inside each other, rules that call rules.
inline constexpr uint32_t kMaxDepth = 512;

inline constexpr uint32_t kUnlimited = UINT32_MAX;
inline constexpr uint32_t kNeverEnds = UINT32_MAX;

// The control tokens that a grammar can ask for.
enum class ControlToken : uint8_t { kToolCallBegin, kToolCallEnd, kQuote };
inline constexpr size_t kNumControlTokens = 3;

enum class Op : uint8_t {
  kFail,     // nothing may follow
  kReturn,   // the rule ends
  kSplit,    // goes on at each of num_targets targets
  kCall,     // runs rule `operand`, then goes on at `next`
  kBytes,    // reads a byte of byte set `operand`
  kChar,     // reads a code point of char set `operand`, as UTF-8
  kText,     // reads code points by text `operand`; ends where its automaton accepts
  kControl,  // reads control token `operand`
  kCount,    // counts an item; where the maximum is reached, nothing may follow
  kEnough,   // passes once the minimum is reached; count `operand` says what is missing until then
  kMore,     // passes where the maximum is not yet reached
  kKey,      // reads the name of a property of object `operand` and goes on at its code
  kMayAdd,   // passes where object `operand` may have another property
  kMayEnd,   // passes where object `operand` has all it needs
};

struct Instruction {
  Op op = Op::kFail;
  uint32_t operand = 0;
  uint32_t next = 0;  // of kSplit, the number of targets; `operand` is the first
};

struct Rule {
  std::string name;  // for messages
  uint32_t entry = 0;
  // What the frame starts with: items to read at least and at most.
  uint32_t min = 0;
  uint32_t max = kUnlimited;
};

struct Text {
  CharAutomaton automaton;
  bool has_escapes = true;
};

// The items that must be read before kEnough passes: rules in order, the last one repeated.
struct Count {
  uint32_t min = 0;
  std::vector<uint32_t> item_rules;
};

using PropertySet = std::bitset<kMaxProperties>;

struct Object {
  std::vector<std::u32string> names;  // sorted; properties are numbered in this order
  std::vector<uint32_t> codes;        // by property: what follows its name
  std::vector<uint32_t> value_rules;  // by property
  PropertySet required;
  uint32_t min = 0;
  // What follows any other name; 0: there is none.
  uint32_t additional_code = 0;
  uint32_t additional_rule = 0;
  bool has_escapes = true;
  // Of other names: which code points, and whether "" is one.
  CharRanges additional_chars;
  bool additional_may_be_empty = true;
};

struct Program {
  std::vector<Instruction> code;  // [0] is kReturn
  std::vector<uint32_t> targets;
  std::vector<std::bitset<256>> byte_sets;
  std::vector<CharRanges> char_sets;
  std::vector<Text> texts;
  std::vector<Count> counts;
  std::vector<Object> objects;
  std::vector<Rule> rules;
  uint32_t root_rule = 0;

  // ---- Found by Finish ----
  // By instruction: how many more frames the shortest way from it to the end of its rule needs;
  // kNeverEnds where there is no way.
  std::vector<uint32_t> frames_needed;
  uint32_t max_frames_needed = 0;  // over all instructions that have a way
  uint32_t max_calls = 0;          // longest chain of calls before anything is read
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_PROGRAM_H_
