// Notation: how values are written, in JSON or inside the model's tool calls.
//
//   JSON        {"key": "text", "list": [1, true, null]}
//   tool calls  {key:<|"|>text<|"|>,list:[1,true,null]}
//
// In tool calls strings stand raw between two control tokens, keys are bare, and there is no space.
#ifndef GEMMA4_LIB_CONSTRAINT_NOTATION_H_
#define GEMMA4_LIB_CONSTRAINT_NOTATION_H_

#include <cstdint>
#include <optional>

#include "lib/constraint/program_builder.h"

namespace gemma4::constraint {

class Notation {
 public:
  enum class Kind : uint8_t { kJson, kToolCall };

  Notation(Kind kind, ProgramBuilder* builder) : kind_(kind), builder_(*builder) {}

  bool is_json() const { return kind_ == Kind::kJson; }

  // A string whose code points `automaton` allows.
  uint32_t String(CharAutomaton automaton, uint32_t next);
  // Any code point that a string can hold.
  CharAutomaton AnyText() const;
  // Space that may be left out: one space, or a line end and up to 64 spaces. It is read after
  // commas, colons and opening brackets and before closing ones.
  uint32_t Space(uint32_t next);
  // The part of an object before its value, from the name on: `code` reads the name.
  uint32_t OpenKey(uint32_t code) { return is_json() ? builder_.Byte('"', code) : code; }
  uint32_t CloseKey(uint32_t next);
  // Sets what `object` needs to know to read names.
  void DescribeKeys(Object* object) const;
  // Whether a name can be written at all.
  bool CanWriteKey(const std::u32string& name) const;

 private:
  Kind kind_;
  ProgramBuilder& builder_;
  std::optional<uint32_t> space_rule_;
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_NOTATION_H_
