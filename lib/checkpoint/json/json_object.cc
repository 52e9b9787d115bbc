#include "lib/checkpoint/json/json_object.h"

#include <utility>

#include "lib/base/one_line.h"
#include "lib/json/json_text.h"
#include "lib/json/json_visitor.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxTokenIds = 4096;

// Looks at syntax, depth and size only; the tree is built once they are known to be good.
class SyntaxVisitor : public JsonVisitor {
 public:
  Status OnScalar(const JsonPath&, const JsonScalar&) override { return OnValue(); }
  Status OnBegin(const JsonPath&, bool) override { return OnValue(); }
  Status OnEnd(const JsonPath&) override { return Status::Ok(); }

 private:
  Status OnValue() {
    if (++num_values_ <= kMaxJsonDocumentValues) return Status::Ok();
    return Status::Unsupported("has more than %zu values", kMaxJsonDocumentValues);
  }

  size_t num_values_ = 0;
};

bool IsSize(const JsonValue& value) {
  return value.kind == JsonValue::Kind::kInteger && value.real >= 0.0 &&
         value.real <= static_cast<double>(kMaxJsonSize);
}

}  // namespace

StatusOr<JsonValue> ParseJsonDocument(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxJsonDocumentBytes) {
    return Status::Unsupported("has %zu bytes; at most %zu are read", bytes.size(),
                               kMaxJsonDocumentBytes);
  }
  SyntaxVisitor visitor;
  GEMMA4_RETURN_IF_ERROR(VisitJson(bytes, visitor));
  StatusOr<JsonValue> document =
      ParseJsonValue({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!document.ok()) return Status::Corrupt("%s", document.status().message().c_str());
  if (!document->is_object()) {
    return Status::Corrupt("the document is %s; an object is expected",
                           DescribeJson(*document).c_str());
  }
  return document;
}

std::string DescribeJson(const JsonValue& value) {
  if (value.is_list()) return "a list";
  if (value.is_object()) return "an object";
  return CutToOneLine(JsonText(value), /*max_bytes=*/60);
}

StatusOr<JsonObject> JsonObject::Of(const JsonValue& value, std::string path) {
  if (!value.is_object()) {
    return Status::Corrupt("%s is %s; an object is expected", CutToOneLine(path).c_str(),
                           DescribeJson(value).c_str());
  }
  return JsonObject(value, std::move(path));
}

const JsonValue* JsonObject::Find(const char* key) const { return object_->Find(key); }

bool JsonObject::HasValue(const char* key) const {
  const JsonValue* value = Find(key);
  return value != nullptr && !value->is_null();
}

std::string JsonObject::PathOf(const std::string& key) const {
  return CutToOneLine(path_.empty() ? key : path_ + "." + key);
}

Status JsonObject::Unexpected(const char* key, const JsonValue& value, const char* expected) const {
  return Status::Corrupt("%s is %s; %s is expected", PathOf(key).c_str(),
                         DescribeJson(value).c_str(), expected);
}

StatusOr<size_t> JsonObject::Size(const char* key, size_t default_value) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return default_value;
  if (!IsSize(*value)) return Unexpected(key, *value, "a whole number from 0 to 2147483647");
  return static_cast<size_t>(value->real);
}

StatusOr<double> JsonObject::Real(const char* key, double default_value) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return default_value;
  if (!value->is_number()) return Unexpected(key, *value, "a number");
  return value->real;
}

StatusOr<bool> JsonObject::Bool(const char* key, bool default_value) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return default_value;
  if (!value->is_bool()) return Unexpected(key, *value, "true or false");
  return value->boolean;
}

StatusOr<std::string> JsonObject::Text(const char* key, std::string default_value) const {
  if (!HasValue(key)) return default_value;
  const JsonValue& value = *Find(key);
  if (!value.is_string()) return Unexpected(key, value, "a string");
  return value.text;
}

StatusOr<std::optional<size_t>> JsonObject::OptionalSize(const char* key) const {
  if (!HasValue(key)) return std::optional<size_t>();
  GEMMA4_ASSIGN_OR_RETURN(const size_t value, Size(key, 0));
  return std::optional<size_t>(value);
}

StatusOr<std::optional<double>> JsonObject::OptionalReal(const char* key) const {
  if (!HasValue(key)) return std::optional<double>();
  GEMMA4_ASSIGN_OR_RETURN(const double value, Real(key, 0.0));
  return std::optional<double>(value);
}

StatusOr<std::optional<JsonObject>> JsonObject::OptionalObject(const char* key) const {
  if (!HasValue(key)) return std::optional<JsonObject>();
  GEMMA4_ASSIGN_OR_RETURN(JsonObject object, Of(*Find(key), PathOf(key)));
  return std::optional<JsonObject>(std::move(object));
}

StatusOr<std::vector<int32_t>> JsonObject::TokenIds(const char* key) const {
  constexpr const char* kExpected = "a token id or a list of at most 4096 token ids";
  std::vector<int32_t> ids;
  if (!HasValue(key)) return ids;
  const JsonValue& value = *Find(key);
  if (IsSize(value)) {
    ids.push_back(static_cast<int32_t>(value.real));
    return ids;
  }
  if (!value.is_list() || value.items.size() > kMaxTokenIds)
    return Unexpected(key, value, kExpected);
  for (const JsonValue& id : value.items) {
    if (!IsSize(id)) return Unexpected(key, id, kExpected);
    ids.push_back(static_cast<int32_t>(id.real));
  }
  return ids;
}

}  // namespace gemma4
