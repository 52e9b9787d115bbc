// A validator of JSON documents that knows nothing of lib/constraint: it reads the schema as the
// specification says. Of the keywords that random_schema.h uses.
#ifndef GEMMA4_TESTS_CONSTRAINT_SCHEMA_VALIDATOR_H_
#define GEMMA4_TESTS_CONSTRAINT_SCHEMA_VALIDATOR_H_

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

namespace gemma4 {

inline size_t NumCodePoints(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

inline bool HasType(const nlohmann::json& value, const std::string& type) {
  if (type == "integer") {
    return value.is_number_integer() ||
           (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
  }
  if (type == "number") return value.is_number();
  return type == value.type_name();
}

// `root` is what references refer to, "#" or "#/$defs/NAME". Patterns are in the part of their
// notation that std::regex shares, and meet ASCII only.
inline bool IsValid(const nlohmann::json& value, const nlohmann::json& schema,
                    const nlohmann::json& root) {
  using Json = nlohmann::json;
  if (schema.is_boolean()) return schema.get<bool>();
  const auto has = [&schema](const char* key) { return schema.contains(key); };
  if (has("$ref")) {
    const std::string reference = schema["$ref"];
    const Json& target = reference == "#" ? root : root["$defs"][reference.substr(8)];
    if (!IsValid(value, target, root)) return false;
  }
  if (has("type")) {
    bool is_one = false;
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    for (const Json& type : types) is_one = is_one || HasType(value, type);
    if (!is_one) return false;
  }
  if (has("enum")) {
    bool is_one = false;
    for (const Json& one : schema["enum"]) is_one = is_one || value == one;
    if (!is_one) return false;
  }
  if (has("const") && value != schema["const"]) return false;
  if (has("anyOf")) {
    bool is_any = false;
    for (const Json& branch : schema["anyOf"]) is_any = is_any || IsValid(value, branch, root);
    if (!is_any) return false;
  }
  if (value.is_string()) {
    const std::string text = value;
    const size_t length = NumCodePoints(text);
    if (has("minLength") && length < schema["minLength"].get<size_t>()) return false;
    if (has("maxLength") && length > schema["maxLength"].get<size_t>()) return false;
    if (has("pattern") &&
        !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
      return false;
    }
  }
  if (value.is_number()) {
    const double number = value;
    if (has("minimum") && number < schema["minimum"].get<double>()) return false;
    if (has("maximum") && number > schema["maximum"].get<double>()) return false;
    if (has("exclusiveMinimum") && number <= schema["exclusiveMinimum"].get<double>()) return false;
    if (has("exclusiveMaximum") && number >= schema["exclusiveMaximum"].get<double>()) return false;
  }
  if (value.is_array()) {
    if (has("minItems") && value.size() < schema["minItems"].get<size_t>()) return false;
    if (has("maxItems") && value.size() > schema["maxItems"].get<size_t>()) return false;
    const size_t num_first = has("prefixItems") ? schema["prefixItems"].size() : 0;
    for (size_t i = 0; i < value.size(); ++i) {
      if (i < num_first) {
        if (!IsValid(value[i], schema["prefixItems"][i], root)) return false;
      } else if (has("items") && !IsValid(value[i], schema["items"], root)) {
        return false;
      }
    }
  }
  if (value.is_object()) {
    if (has("minProperties") && value.size() < schema["minProperties"].get<size_t>()) return false;
    if (has("maxProperties") && value.size() > schema["maxProperties"].get<size_t>()) return false;
    if (has("required")) {
      for (const Json& name : schema["required"]) {
        if (!value.contains(name.get<std::string>())) return false;
      }
    }
    for (const auto& [name, member] : value.items()) {
      if (has("properties") && schema["properties"].contains(name)) {
        if (!IsValid(member, schema["properties"][name], root)) return false;
      } else if (has("additionalProperties") &&
                 !IsValid(member, schema["additionalProperties"], root)) {
        return false;
      }
    }
  }
  return true;
}

// Whether an object of `text` has a name twice, or `text` is not JSON.
inline bool HasNameTwice(const std::string& text) {
  using Json = nlohmann::json;
  std::vector<std::vector<std::string>> names;
  bool is_twice = false;
  const auto see = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key) {
      for (const std::string& name : names.back()) is_twice = is_twice || name == parsed;
      names.back().push_back(parsed);
    }
    return true;
  };
  const Json document = Json::parse(text, see, /*allow_exceptions=*/false);
  return is_twice || document.is_discarded();
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CONSTRAINT_SCHEMA_VALIDATOR_H_
