// Grammar: what a model may write, compiled from a JSON schema, a GBNF grammar or tool
// declarations.
#ifndef GEMMA4_LIB_CONSTRAINT_GRAMMAR_H_
#define GEMMA4_LIB_CONSTRAINT_GRAMMAR_H_

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4 {

// Longer texts are refused.
inline constexpr size_t kMaxGrammarBytes = size_t{1} << 18;

struct JsonSchemaOptions {
  // What an object that does not say `additionalProperties` means: JSON Schema says that it may
  // have any; a program that reads the answer seldom wants them.
  bool additional_properties_by_default = true;
};

struct ToolGrammarOptions {
  // Calls in a row, at least one.
  size_t max_calls = 1;
  // As above. Arguments that are not declared are seldom wanted.
  bool additional_properties_by_default = false;
};

// Immutable; any thread may use it. docs/constrained-output.md says what is understood.
//
// Errors: kInvalidArgument says what in the text is wrong, and where, or that nothing can fulfil
// it; kUnsupported names the keyword, with its path, or the limit.
class Grammar {
 public:
  using Ptr = std::shared_ptr<const Grammar>;

  // One JSON document that is valid against the schema.
  static StatusOr<Ptr> FromJsonSchema(std::string_view schema, JsonSchemaOptions options = {});

  // What rule `root` of the grammar, in llama.cpp's notation, produces.
  static StatusOr<Ptr> FromGbnf(std::string_view grammar);

  // A call of one of the tools, in the model's own notation:
  //   <|tool_call>call:NAME{key:value,...}<tool_call|>
  // `tools` is a JSON list of declarations {"name", "description", "parameters": schema}, each
  // perhaps inside {"type": "function", "function": ...}.
  static StatusOr<Ptr> FromTools(std::string_view tools, ToolGrammarOptions options = {});

  const constraint::Program& program() const { return program_; }

 private:
  explicit Grammar(constraint::Program program) : program_(std::move(program)) {}
  static StatusOr<Ptr> Of(StatusOr<constraint::Program> program);

  constraint::Program program_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CONSTRAINT_GRAMMAR_H_
