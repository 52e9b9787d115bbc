// JsonValue: a JSON text as a tree that has lost nothing a prompt or a schema shows.
#ifndef GEMMA4_LIB_JSON_JSON_VALUE_H_
#define GEMMA4_LIB_JSON_JSON_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

// Deeper than any request, and shallow enough to walk by recursion.
inline constexpr size_t kMaxJsonValueDepth = 200;

// Numbers keep all their digits; whole ones stay apart from those with a point or an exponent. Keys
// keep their order; of a key that comes twice the last value counts, in the place of the first (as
// Python's json does).
//
// Its destructor allocates nothing, unlike that of nlohmann's tree: memory may run out beside it.
struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kInteger, kReal, kString, kList, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  double real = 0.0;                   // of both kinds of numbers
  std::string text = {};               // of a string; of a number its digits ("-0" is "0")
  std::vector<JsonValue> items = {};   // of a list or an object
  std::vector<std::string> keys = {};  // of an object: keys[i] is that of items[i]

  static JsonValue Bool(bool value);
  static JsonValue Integer(size_t value);
  static JsonValue String(std::string_view text);
  static JsonValue List() { return {.kind = Kind::kList}; }
  static JsonValue Object() { return {.kind = Kind::kObject}; }

  bool is_null() const { return kind == Kind::kNull; }
  bool is_bool() const { return kind == Kind::kBool; }
  bool is_number() const { return kind == Kind::kInteger || kind == Kind::kReal; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_object() const { return kind == Kind::kObject; }
  bool Is(bool value) const { return is_bool() && boolean == value; }

  // nullptr if this is no object, or has no such key.
  const JsonValue* Find(std::string_view key) const;
  JsonValue* Find(std::string_view key);
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // REQUIRES: an object without this key.
  void Add(std::string_view key, JsonValue value);
  // REQUIRES: an object. Without the key this does nothing.
  void Remove(std::string_view key);
};

// "null", "a string", "a list"; "absent" for nullptr.
const char* DescribeJsonKind(const JsonValue* value);

// kInvalidUtf8, or kInvalidArgument with the byte at which the text stops to be JSON or nests
// deeper than `max_depth`. Numbers that no double can hold are refused, too.
StatusOr<JsonValue> ParseJsonValue(std::string_view text, size_t max_depth = kMaxJsonValueDepth);

}  // namespace gemma4

#endif  // GEMMA4_LIB_JSON_JSON_VALUE_H_
