// What holds for every grammar that compiles: walked over at random, in a vocabulary in which every
// byte is a token.
#ifndef GEMMA4_TESTS_FUZZ_GRAMMAR_WALK_H_
#define GEMMA4_TESTS_FUZZ_GRAMMAR_WALK_H_

#include <cstdint>
#include <span>

#include "lib/base/status.h"
#include "lib/constraint/grammar.h"

namespace gemma4::fuzz {

// Takes random allowed tokens, chosen by a hash of `seed`. Before the end some token is allowed,
// every allowed one can be taken, and no other.
void RequireGoodGrammar(const StatusOr<Grammar::Ptr>& grammar, std::span<const uint8_t> seed);

}  // namespace gemma4::fuzz

#endif  // GEMMA4_TESTS_FUZZ_GRAMMAR_WALK_H_
