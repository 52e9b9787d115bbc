#include "lib/text/chat/python_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "lib/base/utf8.h"

namespace gemma4 {
namespace {

struct CodePointRange {
  uint32_t first;
  uint32_t last;
};

// first, first + stride, … last: each becomes itself plus delta.
struct CaseRun {
  uint32_t first;
  uint32_t last;
  uint32_t stride;
  int32_t delta;
};

// One letter that becomes two or three; unused ones are 0.
struct LongCase {
  uint32_t from;
  uint32_t to[3];
};

#include "lib/text/chat/unicode_tables.inc"

bool IsIn(std::span<const CodePointRange> ranges, uint32_t c) {
  const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                          [c](const CodePointRange& r) { return r.last < c; });
  return range != ranges.end() && range->first <= c;
}

uint32_t Mapped(std::span<const CaseRun> runs, uint32_t c) {
  const auto run =
      std::partition_point(runs.begin(), runs.end(), [c](const CaseRun& r) { return r.last < c; });
  if (run == runs.end() || c < run->first || (c - run->first) % run->stride != 0) return c;
  return static_cast<uint32_t>(static_cast<int32_t>(c) + run->delta);
}

std::vector<uint32_t> CodePoints(std::string_view text) {
  std::vector<uint32_t> points;
  while (!text.empty()) {
    const size_t size = ClassifyUtf8(text).size;
    points.push_back(DecodeUtf8(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return points;
}

constexpr uint32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;

// Unicode 3.13, Final_Sigma: behind a cased letter and before none, ignorable characters aside.
bool IsFinalSigma(const std::vector<uint32_t>& points, size_t at) {
  size_t before = at;
  while (before > 0 && IsIn(kCaseIgnorable, points[before - 1])) --before;
  if (before == 0 || !IsIn(kCased, points[before - 1])) return false;
  size_t after = at + 1;
  while (after < points.size() && IsIn(kCaseIgnorable, points[after])) ++after;
  return after == points.size() || !IsIn(kCased, points[after]);
}

// float.__repr__: the fewest digits that give the same value back, with an exponent below 1e-4 and
// from 1e16 on.
std::string FloatText(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));  // -1.25e+02
  const size_t e = text.find('e');
  std::string out, digits;
  for (const char c : text.substr(0, e)) {
    if (c == '-') out += '-';
    if (c >= '0' && c <= '9') digits += c;
  }
  int exponent = 0;
  const char* begin = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(begin, end.ptr, exponent);
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    return out + std::to_string(std::abs(exponent));
  }
  if (exponent < 0) {
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  const std::string fraction = digits.substr(whole);
  return out + digits.substr(0, whole) + "." + (fraction.empty() ? "0" : fraction);
}

// str.__repr__
void AppendRepr(std::string_view text, std::string* out) {
  const char quote =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"'
                                                                                            : '\'';
  *out += quote;
  while (!text.empty()) {
    const size_t size = ClassifyUtf8(text).size;
    const std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    const uint32_t c = DecodeUtf8(character);
    char escaped[16];
    if (character[0] == quote || c == '\\') {
      *out += '\\';
      *out += character;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      *out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (IsIn(kPrintable, c)) {
      *out += character;
    } else {
      std::snprintf(escaped, sizeof(escaped),
                    c < 0x100     ? "\\x%02x"
                    : c < 0x10000 ? "\\u%04x"
                                  : "\\U%08x",
                    c);
      *out += escaped;
    }
  }
  *out += quote;
}

void AppendText(const JsonValue& value, bool as_repr, std::string* out) {
  switch (value.kind) {
    case JsonValue::Kind::kNull: *out += "None"; break;
    case JsonValue::Kind::kBool: *out += value.boolean ? "True" : "False"; break;
    case JsonValue::Kind::kInteger: *out += value.text; break;
    case JsonValue::Kind::kReal: *out += FloatText(value.real); break;
    case JsonValue::Kind::kString:
      if (as_repr) {
        AppendRepr(value.text, out);
      } else {
        *out += value.text;
      }
      break;
    case JsonValue::Kind::kList:
    case JsonValue::Kind::kObject:
      *out += value.is_list() ? '[' : '{';
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) *out += ", ";
        if (value.is_object()) {
          AppendRepr(value.keys[i], out);
          *out += ": ";
        }
        AppendText(value.items[i], /*as_repr=*/true, out);
      }
      *out += value.is_list() ? ']' : '}';
      break;
  }
}

bool IsNumber(const JsonValue& value) {
  return value.kind == JsonValue::Kind::kBool || value.kind == JsonValue::Kind::kInteger ||
         value.kind == JsonValue::Kind::kReal;
}

double AsReal(const JsonValue& value) {
  return value.kind == JsonValue::Kind::kBool ? (value.boolean ? 1.0 : 0.0) : value.real;
}

}  // namespace

std::string PythonText(const JsonValue& value) {
  std::string text;
  AppendText(value, /*as_repr=*/false, &text);
  return text;
}

bool IsTruthy(const JsonValue* value) {
  if (value == nullptr) return false;
  switch (value->kind) {
    case JsonValue::Kind::kNull: return false;
    case JsonValue::Kind::kBool: return value->boolean;
    case JsonValue::Kind::kInteger:
    case JsonValue::Kind::kReal: return value->real != 0.0;
    case JsonValue::Kind::kString: return !value->text.empty();
    case JsonValue::Kind::kList:
    case JsonValue::Kind::kObject: return !value->items.empty();
  }
  return false;
}

bool PythonEquals(const JsonValue* a, const JsonValue* b) {
  const bool a_is_null = a == nullptr || a->is_null(), b_is_null = b == nullptr || b->is_null();
  if (a_is_null || b_is_null) return a_is_null && b_is_null;
  if (IsNumber(*a) && IsNumber(*b)) {
    if (a->kind == JsonValue::Kind::kInteger && b->kind == a->kind) return a->text == b->text;
    return AsReal(*a) == AsReal(*b);
  }
  if (a->kind != b->kind || a->items.size() != b->items.size()) return false;
  if (a->is_string()) return a->text == b->text;
  for (size_t i = 0; i < a->items.size(); ++i) {
    const JsonValue* other = a->is_list() ? &b->items[i] : b->Find(a->keys[i]);
    if (other == nullptr || !PythonEquals(&a->items[i], other)) return false;
  }
  return true;
}

std::string PythonLower(std::string_view text) {
  const std::vector<uint32_t> points = CodePoints(text);
  std::string lower;
  lower.reserve(text.size());
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i] == kCapitalSigma) {
      AppendUtf8(IsFinalSigma(points, i) ? kFinalSigma : kSmallSigma, &lower);
    } else if (points[i] == 0x130) {  // İ, the one letter that becomes two
      lower += "i\xCC\x87";
    } else {
      AppendUtf8(Mapped(kLowerRuns, points[i]), &lower);
    }
  }
  return lower;
}

std::string PythonUpper(std::string_view text) {
  std::string upper;
  upper.reserve(text.size());
  for (const uint32_t c : CodePoints(text)) {
    const auto* found =
        std::find_if(std::begin(kUpperLong), std::end(kUpperLong),
                     [c](const LongCase& letter) { return c >= 0x80 && letter.from == c; });
    if (found == std::end(kUpperLong)) {
      AppendUtf8(Mapped(kUpperRuns, c), &upper);
      continue;
    }
    for (const uint32_t to : found->to) {
      if (to != 0) AppendUtf8(to, &upper);
    }
  }
  return upper;
}

}  // namespace gemma4
