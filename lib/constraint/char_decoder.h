// CharDecoder: code points out of bytes, one byte at a time, raw UTF-8 or with JSON's escapes.
//
// Between two code points it is at a boundary. In the midst of one it knows which ones are still
// possible, so that a byte that no allowed code point goes on with is refused at once.
#ifndef GEMMA4_LIB_CONSTRAINT_CHAR_DECODER_H_
#define GEMMA4_LIB_CONSTRAINT_CHAR_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/constraint/char_ranges.h"

namespace gemma4::constraint {

// Up to three ranges; more never arise.
struct PossibleChars {
  std::array<CharRange, 3> ranges;
  size_t num_ranges = 0;
};

class CharDecoder {
 public:
  enum class Result : uint8_t {
    kRefused,  // the byte cannot stand here; the decoder is not to be used any more
    kPartial,  // Possible() says what it may become
    kChar,     // `c` is complete; the decoder is at a boundary again
  };

  // With `has_escapes`, what JSON allows between quotes: no quote, no control character, escapes,
  // of surrogates only pairs. Without: any code point.
  Result Read(uint8_t byte, bool has_escapes, char32_t* c);

  bool is_at_boundary() const { return phase_ == kBoundary; }
  // REQUIRES: not at a boundary.
  PossibleChars Possible() const;

  uint8_t phase() const { return phase_; }
  uint32_t value() const { return value_; }
  bool operator==(const CharDecoder&) const = default;

 private:
  // The number of a phase below kEscape is that of the bytes still to come. In the phases of hex
  // digits, kHex + 3 is the last digit.
  enum Phase : uint8_t {
    kBoundary = 0,
    kEscape = 4,        // after a backslash
    kHex = 5,           // 5 to 8: after \u and 0 to 3 digits
    kLowBackslash = 9,  // after a high surrogate
    kLowU = 10,
    kLowHex = 11,  // 11 to 14
  };

  Result ReadFirst(uint8_t byte, bool has_escapes, char32_t* c);
  Result ReadContinuation(uint8_t byte, char32_t* c);
  Result ReadHex(uint8_t byte, char32_t* c);

  uint8_t phase_ = kBoundary;
  uint32_t value_ = 0;  // the bits so far; of a low surrogate, with those of the high one above
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_CHAR_DECODER_H_
