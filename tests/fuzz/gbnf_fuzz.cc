// GBNF grammars.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/constraint/grammar.h"
#include "tests/fuzz/grammar_walk.h"
#include "tests/fuzz/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::RequireGoodGrammar(Grammar::FromGbnf(text), std::span<const uint8_t>(data, size));
  return 0;
}
