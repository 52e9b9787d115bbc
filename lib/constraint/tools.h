// Declarations of tools to programs that read a call of one of them.
#ifndef GEMMA4_LIB_CONSTRAINT_TOOLS_H_
#define GEMMA4_LIB_CONSTRAINT_TOOLS_H_

#include <cstddef>
#include <string_view>

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

StatusOr<Program> CompileTools(std::string_view tools, size_t max_calls,
                               bool additional_properties_by_default);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_TOOLS_H_
