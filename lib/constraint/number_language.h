// NumberLanguage: the decimal spellings of the numbers in a range, as a deterministic automaton.
#ifndef GEMMA4_LIB_CONSTRAINT_NUMBER_LANGUAGE_H_
#define GEMMA4_LIB_CONSTRAINT_NUMBER_LANGUAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/constraint/program_builder.h"

namespace gemma4::constraint {

// A decimal number, exactly.
struct Decimal {
  bool is_negative = false;
  std::string whole = "0";  // digits, no leading zero but of "0" itself
  std::string fraction;     // digits, no trailing zero

  // From JSON's notation. None where it would take more than 200 digits.
  static std::optional<Decimal> Parse(const std::string& json);
  bool is_zero() const { return whole == "0" && fraction.empty(); }
  // < 0, 0, > 0.
  static int Compare(const Decimal& a, const Decimal& b);
};

struct NumberBound {
  Decimal value;
  bool is_included = true;
};

struct NumberRange {
  std::optional<NumberBound> lower, upper;
  bool is_whole = false;  // no fraction, no exponent
};

// Code that reads a number. Of one with a range, no exponent; and where it has a fraction, at most
// 15 significant digits (or as many as the bounds have) near a bound, so that it stays in the range
// when it is read as a double.
uint32_t ReadNumber(const NumberRange& range, ProgramBuilder* builder, uint32_t next);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_NUMBER_LANGUAGE_H_
