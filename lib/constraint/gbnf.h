// GBNF grammars, llama.cpp's notation, to programs.
#ifndef GEMMA4_LIB_CONSTRAINT_GBNF_H_
#define GEMMA4_LIB_CONSTRAINT_GBNF_H_

#include <string_view>

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

// Rules `name ::= alternatives`, of literals, classes, `.`, names, groups, | * + ? {m} {m,} {m,n}
// and comments. Text is what rule `root` produces.
StatusOr<Program> CompileGbnf(std::string_view grammar);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_GBNF_H_
