#include "lib/checkpoint/json/json_object.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "lib/checkpoint/json/json_visitor.h"
#include "lib/checkpoint/one_line.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxTokenIds = 4096;

// Looks at syntax and depth only; the tree is built once both are known to be good.
class SyntaxVisitor : public JsonVisitor {
 public:
  Status OnScalar(const JsonPath&, const JsonScalar&) override { return Status::Ok(); }
  Status OnBegin(const JsonPath&, bool) override { return Status::Ok(); }
  Status OnEnd(const JsonPath&) override { return Status::Ok(); }
};

bool IsSize(const nlohmann::json& value) {
  return value.is_number_unsigned() && value.get<uint64_t>() <= kMaxJsonSize;
}

}  // namespace

StatusOr<nlohmann::json> ParseJsonDocument(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxJsonDocumentBytes) {
    return Status::Unsupported("has %zu bytes; at most %zu are read", bytes.size(),
                               kMaxJsonDocumentBytes);
  }
  SyntaxVisitor visitor;
  GEMMA4_RETURN_IF_ERROR(VisitJson(bytes, visitor));
  const char* text = reinterpret_cast<const char*>(bytes.data());
  nlohmann::json document =
      nlohmann::json::parse(text, text + bytes.size(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return Status::Corrupt("the document is %s; an object is expected",
                           DescribeJson(document).c_str());
  }
  return document;
}

std::string DescribeJson(const nlohmann::json& value) {
  if (value.is_discarded()) return "not JSON";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return CutToOneLine(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                      /*max_bytes=*/60);
}

StatusOr<JsonObject> JsonObject::Of(const nlohmann::json& value, std::string path) {
  if (!value.is_object()) {
    return Status::Corrupt("%s is %s; an object is expected", CutToOneLine(path).c_str(),
                           DescribeJson(value).c_str());
  }
  return JsonObject(value, std::move(path));
}

const nlohmann::json* JsonObject::Find(const char* key) const {
  const auto found = object_->find(key);
  return found == object_->end() ? nullptr : &*found;
}

bool JsonObject::HasValue(const char* key) const {
  const nlohmann::json* value = Find(key);
  return value != nullptr && !value->is_null();
}

std::string JsonObject::PathOf(const std::string& key) const {
  return CutToOneLine(path_.empty() ? key : path_ + "." + key);
}

Status JsonObject::Unexpected(const char* key, const nlohmann::json& value,
                              const char* expected) const {
  return Status::Corrupt("%s is %s; %s is expected", PathOf(key).c_str(),
                         DescribeJson(value).c_str(), expected);
}

StatusOr<size_t> JsonObject::Size(const char* key, size_t default_value) const {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return default_value;
  if (!IsSize(*value)) return Unexpected(key, *value, "a whole number from 0 to 2147483647");
  return value->get<size_t>();
}

StatusOr<double> JsonObject::Real(const char* key, double default_value) const {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return default_value;
  if (!value->is_number()) return Unexpected(key, *value, "a number");
  return value->get<double>();
}

StatusOr<bool> JsonObject::Bool(const char* key, bool default_value) const {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return default_value;
  if (!value->is_boolean()) return Unexpected(key, *value, "true or false");
  return value->get<bool>();
}

StatusOr<std::string> JsonObject::Text(const char* key, std::string default_value) const {
  if (!HasValue(key)) return default_value;
  const nlohmann::json& value = *Find(key);
  if (!value.is_string()) return Unexpected(key, value, "a string");
  return value.get<std::string>();
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
  const nlohmann::json& value = *Find(key);
  if (IsSize(value)) {
    ids.push_back(value.get<int32_t>());
    return ids;
  }
  if (!value.is_array() || value.size() > kMaxTokenIds) return Unexpected(key, value, kExpected);
  for (const nlohmann::json& id : value) {
    if (!IsSize(id)) return Unexpected(key, id, kExpected);
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

}  // namespace gemma4
