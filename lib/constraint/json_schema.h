// JSON schemas to programs.
#ifndef GEMMA4_LIB_CONSTRAINT_JSON_SCHEMA_H_
#define GEMMA4_LIB_CONSTRAINT_JSON_SCHEMA_H_

#include <string_view>

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

StatusOr<Program> CompileJsonSchema(std::string_view schema, bool additional_properties_by_default);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_JSON_SCHEMA_H_
