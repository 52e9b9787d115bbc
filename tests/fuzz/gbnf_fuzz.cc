// GBNF grammars.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/constraint/grammar.h"
#include "tests/fuzz/grammar_walk.h"
#include "tests/fuzz/invariants.h"

namespace {

// Where long repetitions stand in each other, as in ("a"{1,500}){1,500}, a text has more readings
// than are followed (docs/constrained-output.md): what the mask says and what is accepted may
// differ. Such grammars are compiled and not walked.
bool HasLongRepetition(std::string_view text) {
  size_t num_digits = 0;
  for (const char c : text) {
    num_digits = c >= '0' && c <= '9' ? num_digits + 1 : 0;
    if (num_digits >= 2) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto grammar = Grammar::FromGbnf(text);
  if (grammar.ok() && HasLongRepetition(text)) return 0;
  fuzz::RequireGoodGrammar(grammar, std::span<const uint8_t>(data, size));
  return 0;
}
