// Typed reads of small JSON files that are kept whole: config.json, generation_config.json.
#ifndef GEMMA4_LIB_CHECKPOINT_JSON_JSON_OBJECT_H_
#define GEMMA4_LIB_CHECKPOINT_JSON_JSON_OBJECT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/json/json_value.h"

namespace gemma4 {

// A value of a tree may take 250 bytes, and two of text, so only small documents are read this way.
// A config.json is 2 to 10 KiB, up to 100 KiB when it lists every module that is not quantized.
inline constexpr size_t kMaxJsonDocumentBytes = size_t{1} << 18;
inline constexpr size_t kMaxJsonDocumentValues = size_t{1} << 15;

// Whole numbers in configs are counts, sizes or ids.
inline constexpr size_t kMaxJsonSize = (size_t{1} << 31) - 1;

// The whole document, which must be an object. kCorrupt if it is not, kUnsupported if it is larger
// than these.
StatusOr<JsonValue> ParseJsonDocument(std::span<const std::byte> bytes);

// A view of one object, which must outlive it. Messages name the key with its path:
// "text_config.head_dim is "wide"; a whole number from 0 to 2147483647 is expected".
//
// An absent key has the given default. So has a null only where the function says so.
class JsonObject {
 public:
  // `path` names the object in messages, empty for the document itself.
  static StatusOr<JsonObject> Of(const JsonValue& value, std::string path);

  bool HasKey(const char* key) const { return Find(key) != nullptr; }
  // Present and not null.
  bool HasValue(const char* key) const;
  const JsonValue* Find(const char* key) const;
  const JsonValue& json() const { return *object_; }
  // "text_config.head_dim"
  std::string PathOf(const std::string& key) const;

  StatusOr<size_t> Size(const char* key, size_t default_value) const;
  StatusOr<double> Real(const char* key, double default_value) const;
  StatusOr<bool> Bool(const char* key, bool default_value) const;
  // null: the default.
  StatusOr<std::string> Text(const char* key, std::string default_value) const;
  // null or absent: none.
  StatusOr<std::optional<size_t>> OptionalSize(const char* key) const;
  StatusOr<std::optional<double>> OptionalReal(const char* key) const;
  StatusOr<std::optional<JsonObject>> OptionalObject(const char* key) const;
  // A number is a list of one; null or absent: empty. At most 4096 of them.
  StatusOr<std::vector<int32_t>> TokenIds(const char* key) const;

 private:
  JsonObject(const JsonValue& object, std::string path)
      : object_(&object), path_(std::move(path)) {}

  Status Unexpected(const char* key, const JsonValue& value, const char* expected) const;

  const JsonValue* object_;
  std::string path_;
};

// The value as a message shows it: "null", "12", "\"wide\"", "a list".
std::string DescribeJson(const JsonValue& value);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_JSON_JSON_OBJECT_H_
