#include "lib/constraint/grammar.h"

#include "lib/constraint/gbnf.h"
#include "lib/constraint/json_schema.h"
#include "lib/constraint/tools.h"

namespace gemma4 {
namespace {

Status CheckSize(std::string_view text, const char* what) {
  if (text.size() <= kMaxGrammarBytes) return Status::Ok();
  return Status::Unsupported("%s has %zu bytes; at most %zu are allowed", what, text.size(),
                             kMaxGrammarBytes);
}

}  // namespace

StatusOr<Grammar::Ptr> Grammar::Of(StatusOr<constraint::Program> program) {
  if (!program.ok()) return program.status();
  return Ptr(new Grammar(std::move(program).value()));
}

StatusOr<Grammar::Ptr> Grammar::FromJsonSchema(std::string_view schema, JsonSchemaOptions options) {
  GEMMA4_RETURN_IF_ERROR(CheckSize(schema, "the JSON schema"));
  return Of(constraint::CompileJsonSchema(schema, options.additional_properties_by_default));
}

StatusOr<Grammar::Ptr> Grammar::FromGbnf(std::string_view grammar) {
  GEMMA4_RETURN_IF_ERROR(CheckSize(grammar, "the grammar"));
  return Of(constraint::CompileGbnf(grammar));
}

StatusOr<Grammar::Ptr> Grammar::FromTools(std::string_view tools, ToolGrammarOptions options) {
  GEMMA4_RETURN_IF_ERROR(CheckSize(tools, "the list of tools"));
  return Of(
      constraint::CompileTools(tools, options.max_calls, options.additional_properties_by_default));
}

}  // namespace gemma4
