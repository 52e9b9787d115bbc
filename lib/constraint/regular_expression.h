// Regular expressions of JSON Schema's `pattern`, and the formats that are written as such.
#ifndef GEMMA4_LIB_CONSTRAINT_REGULAR_EXPRESSION_H_
#define GEMMA4_LIB_CONSTRAINT_REGULAR_EXPRESSION_H_

#include <string_view>

#include "lib/base/status.h"
#include "lib/constraint/char_automaton.h"

namespace gemma4::constraint {

// The strings in which `pattern` is found somewhere, as ECMA-262 means it with the flag u, except
// that \d, \w and \s stand for what they do there: \d and \w for ASCII only.
//
// Understood: characters, ., classes, the escapes \d \D \w \W \s \S \t \n \r \f \v \0 \xHH \uHHHH
// \u{H...} \cX and of punctuation, groups, |, * + ? {m} {m,} {m,n} (greedy or lazy, which is the
// same here), ^ and $. kUnsupported names what is not: back references, look-around, \b, \p.
StatusOr<CharAutomaton> CompilePattern(std::string_view pattern);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_REGULAR_EXPRESSION_H_
