// JsonValue: a JSON text as a tree that has lost nothing a prompt shows.
#ifndef GEMMA4_LIB_TEXT_CHAT_JSON_VALUE_H_
#define GEMMA4_LIB_TEXT_CHAT_JSON_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

// Deeper than any request, and shallow enough to walk by recursion.
inline constexpr size_t kMaxJsonValueDepth = 200;

// Whole numbers keep all their digits, and stay apart from numbers with a point or an exponent.
// Keys keep their order; of a key that comes twice the last value counts, in the place of the first
// (as Python's json does).
struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kInteger, kReal, kString, kList, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  double real = 0.0;                   // of both kinds of numbers
  std::string text = {};               // of a string; of an integer its digits
  std::vector<JsonValue> items = {};   // of a list or an object
  std::vector<std::string> keys = {};  // of an object: keys[i] is that of items[i]

  static JsonValue String(std::string_view text);

  bool is_null() const { return kind == Kind::kNull; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_object() const { return kind == Kind::kObject; }

  // nullptr if this is no object, or has no such key.
  const JsonValue* Find(std::string_view key) const;
};

// "null", "a string", "a list"; "absent" for nullptr.
const char* DescribeJsonKind(const JsonValue* value);

// kInvalidUtf8, or kInvalidArgument with the byte at which the text stops to be JSON or nests
// deeper than kMaxJsonValueDepth. Numbers that no double can hold are refused, too.
StatusOr<JsonValue> ParseJsonValue(std::string_view text);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_JSON_VALUE_H_
