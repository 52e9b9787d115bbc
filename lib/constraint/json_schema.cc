#include "lib/constraint/json_schema.h"

#include <utility>

#include "lib/constraint/schema_compiler.h"

namespace gemma4::constraint {

StatusOr<Program> CompileJsonSchema(std::string_view schema,
                                    bool additional_properties_by_default) {
  GEMMA4_ASSIGN_OR_RETURN(const Json root, ParseSchemaText(schema, "the JSON schema"));
  ProgramBuilder builder;
  SchemaCompiler compiler(Notation::Kind::kJson, additional_properties_by_default, &builder);
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t rule, compiler.Compile(root, "#"));
  return std::move(builder).Finish(rule);
}

}  // namespace gemma4::constraint
