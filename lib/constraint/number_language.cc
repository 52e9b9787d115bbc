#include "lib/constraint/number_language.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace gemma4::constraint {
namespace {

// Longer numbers are not written: a double has about 17 digits, and reads up to 10^308.
constexpr size_t kMaxWholeDigits = 100;
constexpr size_t kMaxFractionDigits = 100;
constexpr size_t kExactDigits = 15;  // decimals that a double tells apart
constexpr size_t kMaxBoundDigits = 200;

// At least as large as `lower`, at most as large as `upper`; both not negative.
struct Magnitudes {
  NumberBound lower;
  std::optional<NumberBound> upper;
};

// Makes code for magnitudes digit by digit. Numbers as long as a bound are made on their own, so
// that their digits stand below those of the bound. `at_lower` and `at_upper`: all digits so far
// are those of the bound.
class MagnitudeCode {
 public:
  MagnitudeCode(const Magnitudes& range, bool is_whole, ProgramBuilder* builder, uint32_t next)
      : range_(range), is_whole_(is_whole), builder_(*builder), next_(next) {}

  // kFail where no number is in the range.
  uint32_t Make() {
    const size_t shortest = range_.lower.value.whole.size();
    const size_t longest = range_.upper.has_value() ? range_.upper->value.whole.size()
                                                    : std::max(shortest, kMaxWholeDigits) + 1;
    std::vector<uint32_t> ways;
    const auto add = [&](size_t num_digits) {
      num_digits_ = num_digits;
      made_.clear();
      const std::optional<uint32_t> code =
          Whole(0, num_digits == shortest, range_.upper.has_value() && num_digits == longest);
      if (code.has_value()) ways.push_back(*code);
    };
    add(shortest);
    if (longest > shortest + 1) ways.push_back(Between(shortest + 1, longest - 1));
    if (longest > shortest && range_.upper.has_value()) add(longest);
    return ways.empty() ? builder_.Fail() : builder_.Split(ways);
  }

 private:
  using Key = std::tuple<bool, size_t, bool, bool>;

  char LowerDigit(bool is_fraction, size_t i) const {
    const std::string& digits =
        is_fraction ? range_.lower.value.fraction : range_.lower.value.whole;
    return i < digits.size() ? digits[i] : '0';
  }
  char UpperDigit(bool is_fraction, size_t i) const {
    const std::string& digits =
        is_fraction ? range_.upper->value.fraction : range_.upper->value.whole;
    return i < digits.size() ? digits[i] : '0';
  }

  // Whether a number may end after `num_fraction_digits`.
  bool MayEnd(size_t num_fraction_digits, bool at_lower, bool at_upper) const {
    if (at_lower) {
      // Equal so far: smaller if the bound goes on.
      if (range_.lower.value.fraction.size() > num_fraction_digits) return false;
      if (!range_.lower.is_included) return false;
    }
    if (at_upper && range_.upper->value.fraction.size() <= num_fraction_digits &&
        !range_.upper->is_included) {
      return false;
    }
    return true;
  }

  // Numbers of these lengths are in the range whatever their digits.
  uint32_t Between(size_t min_digits, size_t max_digits) {
    uint32_t after = next_;
    if (!is_whole_) {
      const size_t max_fraction = !range_.upper.has_value()   ? kExactDigits
                                  : max_digits < kExactDigits ? kExactDigits - max_digits
                                                              : 0;
      uint32_t fraction = next_;
      for (size_t i = 0; i < max_fraction; ++i) {
        const uint32_t digit = builder_.ByteRange('0', '9', fraction);
        fraction = i + 1 < max_fraction ? builder_.Split({digit, next_}) : digit;
      }
      if (max_fraction > 0) after = builder_.Split({next_, builder_.Byte('.', fraction)});
    }
    uint32_t more = after;
    for (size_t i = max_digits; i > min_digits; --i) {
      more = builder_.Split({builder_.ByteRange('0', '9', more), after});
    }
    for (size_t i = min_digits; i > 1; --i) more = builder_.ByteRange('0', '9', more);
    return builder_.ByteRange('1', '9', more);
  }

  // What follows `i` digits, or nothing where no number in the range follows.
  std::optional<uint32_t> Whole(size_t i, bool at_lower, bool at_upper) {
    if (i == num_digits_) return AfterWhole(at_lower, at_upper);
    return Digits(/*is_fraction=*/false, i, at_lower, at_upper);
  }

  std::optional<uint32_t> AfterWhole(bool at_lower, bool at_upper) {
    std::vector<uint32_t> ways;
    if (MayEnd(0, at_lower, at_upper)) ways.push_back(next_);
    if (!is_whole_ && MaxFractionDigits() > 0) {
      const std::optional<uint32_t> fraction = Digits(/*is_fraction=*/true, 0, at_lower, at_upper);
      if (fraction.has_value()) ways.push_back(builder_.Byte('.', *fraction));
    }
    if (ways.empty()) return std::nullopt;
    return builder_.Split(ways);
  }

  std::optional<uint32_t> Fraction(size_t i, bool at_lower, bool at_upper) {
    std::vector<uint32_t> ways;
    if (MayEnd(i, at_lower, at_upper)) ways.push_back(next_);
    if (i < MaxFractionDigits()) {
      const std::optional<uint32_t> more = Digits(/*is_fraction=*/true, i, at_lower, at_upper);
      if (more.has_value()) ways.push_back(*more);
    }
    if (ways.empty()) return std::nullopt;
    return builder_.Split(ways);
  }

  size_t MaxFractionDigits() const {
    size_t max = num_digits_ < kExactDigits ? kExactDigits - num_digits_ : 0;
    max = std::max(max, range_.lower.value.fraction.size());
    if (range_.upper.has_value()) max = std::max(max, range_.upper->value.fraction.size());
    return max;
  }

  std::optional<uint32_t> Digits(bool is_fraction, size_t i, bool at_lower, bool at_upper) {
    const Key key = {is_fraction, i, at_lower, at_upper};
    const auto known = made_.find(key);
    if (known != made_.end()) return known->second;
    char first = at_lower ? LowerDigit(is_fraction, i) : '0';
    const char last = at_upper ? UpperDigit(is_fraction, i) : '9';
    if (!is_fraction && i == 0 && num_digits_ > 1) first = std::max(first, '1');
    std::vector<uint32_t> ways;
    // Runs of digits that lead to the same place.
    for (char digit = first; digit <= last;) {
      const bool still_lower = at_lower && digit == LowerDigit(is_fraction, i);
      const bool still_upper = at_upper && digit == UpperDigit(is_fraction, i);
      char run_end = digit;
      if (!still_lower && !still_upper) {
        run_end = at_upper ? static_cast<char>(last - 1) : last;
      }
      const std::optional<uint32_t> code = is_fraction ? Fraction(i + 1, still_lower, still_upper)
                                                       : Whole(i + 1, still_lower, still_upper);
      if (code.has_value()) ways.push_back(builder_.ByteRange(digit, run_end, *code));
      digit = static_cast<char>(run_end + 1);
    }
    std::optional<uint32_t> made;
    if (!ways.empty()) made = builder_.Split(ways);
    made_[key] = made;
    return made;
  }

  const Magnitudes& range_;
  bool is_whole_;
  ProgramBuilder& builder_;
  uint32_t next_;
  size_t num_digits_ = 0;
  std::map<Key, std::optional<uint32_t>> made_;
};

NumberBound Magnitude(NumberBound bound) {
  bound.value.is_negative = false;
  return bound;
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?, where digits are bounded.
uint32_t ReadAnyNumber(bool is_whole, ProgramBuilder* builder, uint32_t next) {
  uint32_t after_whole = next;
  if (!is_whole) {
    // Up to 10^(100 + 99), which a double holds.
    const uint32_t second = builder->Optional(builder->ByteRange('0', '9', next), next);
    const uint32_t digits = builder->ByteRange('0', '9', second);
    const uint32_t signs =
        builder->Split({digits, builder->Byte('+', digits), builder->Byte('-', digits)});
    const uint32_t exponent = builder->Bytes(std::bitset<256>().set('e').set('E'), signs);
    const uint32_t after_fraction = builder->Optional(exponent, next);
    uint32_t fraction = builder->ByteRange('0', '9', after_fraction);
    for (size_t i = 1; i < kMaxFractionDigits; ++i) {
      fraction = builder->ByteRange('0', '9', builder->Split({fraction, after_fraction}));
    }
    after_whole = builder->Split({after_fraction, builder->Byte('.', fraction)});
  }
  uint32_t more = after_whole;
  for (size_t i = 1; i < kMaxWholeDigits; ++i) {
    more = builder->Split({builder->ByteRange('0', '9', more), after_whole});
  }
  const uint32_t positive = builder->ByteRange('1', '9', more);
  if (is_whole) {
    return builder->Split({positive, builder->Byte('0', next), builder->Byte('-', positive)});
  }
  const uint32_t magnitude = builder->Split({positive, builder->Byte('0', after_whole)});
  return builder->Split({magnitude, builder->Byte('-', magnitude)});
}

}  // namespace

std::optional<Decimal> Decimal::Parse(const std::string& json) {
  Decimal decimal;
  size_t i = 0;
  if (i < json.size() && json[i] == '-') {
    decimal.is_negative = true;
    ++i;
  }
  std::string digits;
  int64_t point = 0;  // digits before the point
  for (; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i, ++point) digits += json[i];
  if (i < json.size() && json[i] == '.') {
    for (++i; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i) digits += json[i];
  }
  if (i < json.size() && (json[i] == 'e' || json[i] == 'E')) {
    ++i;
    const bool is_down = i < json.size() && json[i] == '-';
    if (i < json.size() && (json[i] == '-' || json[i] == '+')) ++i;
    int64_t exponent = 0;
    for (; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i) {
      exponent = std::min<int64_t>(exponent * 10 + (json[i] - '0'), 100000);
    }
    point += is_down ? -exponent : exponent;
  }
  if (i != json.size() || digits.empty()) return std::nullopt;
  constexpr int64_t kMax = kMaxBoundDigits;
  if (point > kMax || point < -kMax || digits.size() > kMaxBoundDigits) {
    const bool is_zero = digits.find_first_not_of('0') == std::string::npos;
    return is_zero ? std::optional<Decimal>(Decimal()) : std::nullopt;
  }
  while (point <= 0) {
    digits.insert(digits.begin(), '0');
    ++point;
  }
  while (static_cast<int64_t>(digits.size()) < point) digits += '0';
  decimal.whole = digits.substr(0, static_cast<size_t>(point));
  decimal.fraction = digits.substr(static_cast<size_t>(point));
  decimal.whole.erase(0, std::min(decimal.whole.find_first_not_of('0'), decimal.whole.size() - 1));
  while (!decimal.fraction.empty() && decimal.fraction.back() == '0') decimal.fraction.pop_back();
  if (decimal.is_zero()) decimal.is_negative = false;
  return decimal;
}

int Decimal::Compare(const Decimal& a, const Decimal& b) {
  if (a.is_negative != b.is_negative) return a.is_negative ? -1 : 1;
  int order = 0;
  if (a.whole.size() != b.whole.size()) {
    order = a.whole.size() < b.whole.size() ? -1 : 1;
  } else if (a.whole != b.whole) {
    order = a.whole < b.whole ? -1 : 1;
  } else if (a.fraction != b.fraction) {
    order = a.fraction < b.fraction ? -1 : 1;  // no trailing zeros
  }
  return a.is_negative ? -order : order;
}

uint32_t ReadNumber(const NumberRange& range, ProgramBuilder* builder, uint32_t next) {
  if (!range.lower.has_value() && !range.upper.has_value()) {
    return ReadAnyNumber(range.is_whole, builder, next);
  }
  const NumberBound zero;
  std::vector<uint32_t> ways;
  // From 0 on.
  if (!range.upper.has_value() || !range.upper->value.is_negative) {
    Magnitudes magnitudes;
    magnitudes.lower =
        range.lower.has_value() && !range.lower->value.is_negative ? *range.lower : zero;
    magnitudes.upper = range.upper;
    if (!magnitudes.upper.has_value() ||
        Decimal::Compare(magnitudes.lower.value, magnitudes.upper->value) <= 0) {
      ways.push_back(MagnitudeCode(magnitudes, range.is_whole, builder, next).Make());
    }
  }
  // Below 0: the magnitudes from the upper bound's, or more than 0, to the lower bound's.
  if (!range.lower.has_value() || range.lower->value.is_negative) {
    Magnitudes magnitudes;
    if (range.upper.has_value() && range.upper->value.is_negative) {
      magnitudes.lower = Magnitude(*range.upper);
    } else {
      magnitudes.lower.is_included = false;
    }
    if (range.lower.has_value()) magnitudes.upper = Magnitude(*range.lower);
    if (!magnitudes.upper.has_value() ||
        Decimal::Compare(magnitudes.lower.value, magnitudes.upper->value) <= 0) {
      ways.push_back(
          builder->Byte('-', MagnitudeCode(magnitudes, range.is_whole, builder, next).Make()));
    }
  }
  return ways.empty() ? builder->Fail() : builder->Split(ways);
}

}  // namespace gemma4::constraint
