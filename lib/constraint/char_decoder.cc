#include "lib/constraint/char_decoder.h"

#include <algorithm>

namespace gemma4::constraint {
namespace {

constexpr char32_t kHighFirst = 0xD800, kHighLast = 0xDBFF, kLowFirst = 0xDC00, kLowLast = 0xDFFF;

int HexValue(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

// What the letter after a backslash stands for; 0: nothing.
char32_t EscapedChar(uint8_t byte) {
  switch (byte) {
    case '"':
    case '\\':
    case '/': return byte;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

void Add(char32_t first, char32_t last, PossibleChars* possible) {
  if (first <= last) possible->ranges[possible->num_ranges++] = {first, last};
}

// [first, last] without surrogates.
void AddScalars(char32_t first, char32_t last, PossibleChars* possible) {
  Add(first, std::min<char32_t>(last, kHighFirst - 1), possible);
  Add(std::max<char32_t>(first, kLowLast + 1), last, possible);
}

// Of UTF-16 units from `first` to `last`: what they stand for alone, or begin.
void AddUnits(char32_t first, char32_t last, PossibleChars* possible) {
  AddScalars(first, last, possible);
  const char32_t high_first = std::max(first, kHighFirst), high_last = std::min(last, kHighLast);
  if (high_first > high_last) return;
  Add(0x10000 + ((high_first - kHighFirst) << 10),
      0x10000 + ((high_last - kHighFirst) << 10) + 0x3FF, possible);
}

}  // namespace

CharDecoder::Result CharDecoder::Read(uint8_t byte, bool has_escapes, char32_t* c) {
  switch (phase_) {
    case kBoundary: return ReadFirst(byte, has_escapes, c);
    case 1:
    case 2:
    case 3: return ReadContinuation(byte, c);
    case kEscape:
      if (byte == 'u') {
        phase_ = kHex;
        value_ = 0;
        return Result::kPartial;
      }
      *c = EscapedChar(byte);
      phase_ = kBoundary;
      return *c != 0 ? Result::kChar : Result::kRefused;
    case kLowBackslash: phase_ = kLowU; return byte == '\\' ? Result::kPartial : Result::kRefused;
    case kLowU: phase_ = kLowHex; return byte == 'u' ? Result::kPartial : Result::kRefused;
    default: return ReadHex(byte, c);
  }
}

CharDecoder::Result CharDecoder::ReadFirst(uint8_t byte, bool has_escapes, char32_t* c) {
  if (has_escapes) {
    if (byte < 0x20 || byte == '"') return Result::kRefused;
    if (byte == '\\') {
      phase_ = kEscape;
      return Result::kPartial;
    }
  }
  if (byte < 0x80) {
    *c = byte;
    return Result::kChar;
  }
  if (byte < 0xC2 || byte > 0xF4) return Result::kRefused;
  phase_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  value_ = byte & (0x3Fu >> phase_);
  return Result::kPartial;
}

CharDecoder::Result CharDecoder::ReadContinuation(uint8_t byte, char32_t* c) {
  if ((byte & 0xC0) != 0x80) return Result::kRefused;
  const bool is_second_of_3 = phase_ == 2 && value_ < 0x10;
  const bool is_second_of_4 = phase_ == 3;
  value_ = value_ << 6 | (byte & 0x3Fu);
  // Longer than necessary, a surrogate, or past the last code point.
  if (is_second_of_3 && (value_ < 0x20 || (value_ >= 0x360 && value_ < 0x380))) {
    return Result::kRefused;
  }
  if (is_second_of_4 && (value_ < 0x10 || value_ > 0x10F)) return Result::kRefused;
  if (--phase_ != kBoundary) return Result::kPartial;
  *c = value_;
  value_ = 0;
  return Result::kChar;
}

CharDecoder::Result CharDecoder::ReadHex(uint8_t byte, char32_t* c) {
  const int digit = HexValue(byte);
  if (digit < 0) return Result::kRefused;
  const bool is_low = phase_ >= kLowHex;
  const int num_read = phase_ - (is_low ? kLowHex : kHex) + 1;
  value_ = value_ << 4 | static_cast<uint32_t>(digit);
  if (is_low) {
    // A low surrogate is \uDC00 to \uDFFF.
    if (num_read == 1 && digit != 0xD) return Result::kRefused;
    if (num_read == 2 && digit < 0xC) return Result::kRefused;
  } else if (num_read == 2 && value_ >= 0xDC && value_ <= 0xDF) {
    return Result::kRefused;
  }
  ++phase_;
  if (num_read < 4) return Result::kPartial;
  phase_ = kBoundary;
  if (is_low) {
    *c = 0x10000 + ((value_ >> 16) << 10) + ((value_ & 0xFFFF) - kLowFirst);
    value_ = 0;
    return Result::kChar;
  }
  if (value_ >= kHighFirst && value_ <= kHighLast) {
    value_ -= kHighFirst;
    phase_ = kLowBackslash;
    return Result::kPartial;
  }
  *c = value_;
  value_ = 0;
  return Result::kChar;
}

PossibleChars CharDecoder::Possible() const {
  PossibleChars possible;
  if (phase_ < kEscape) {
    const int shift = 6 * phase_;
    char32_t first = value_ << shift;
    char32_t last = std::min<char32_t>(first + (char32_t{1} << shift) - 1, kMaxChar);
    if (phase_ == 2 && value_ < 0x10) first = std::max<char32_t>(first, 0x800);
    if (phase_ == 3) first = std::max<char32_t>(first, 0x10000);
    AddScalars(first, last, &possible);
  } else if (phase_ == kEscape) {
    Add(0, kMaxChar, &possible);
  } else if (phase_ < kLowBackslash) {
    const int shift = 4 * (4 - (phase_ - kHex));
    const char32_t first = value_ << shift;
    AddUnits(first, first + (char32_t{1} << shift) - 1, &possible);
  } else if (phase_ < kLowHex + 2) {  // what the low surrogate adds begins with its second digit
    const char32_t high = phase_ == kLowHex + 1 ? value_ >> 4 : value_;
    Add(0x10000 + (high << 10), 0x10000 + (high << 10) + 0x3FF, &possible);
  } else {
    const int num_read = phase_ - kLowHex;
    const int shift = 4 * (4 - num_read);
    const char32_t high = value_ >> (4 * num_read);
    const char32_t low = (value_ & ((1u << (4 * num_read)) - 1)) << shift;
    const char32_t first = 0x10000 + (high << 10) + (low - kLowFirst);
    Add(first, first + (char32_t{1} << shift) - 1, &possible);
  }
  return possible;
}

}  // namespace gemma4::constraint
