#include "lib/json/json_text.h"

#include <cstdio>

namespace gemma4 {
namespace {

void Append(const JsonValue& value, std::string* json) {
  switch (value.kind) {
    case JsonValue::Kind::kNull: *json += "null"; break;
    case JsonValue::Kind::kBool: *json += value.boolean ? "true" : "false"; break;
    case JsonValue::Kind::kInteger:
    case JsonValue::Kind::kReal: *json += value.text; break;
    case JsonValue::Kind::kString: AppendJsonString(value.text, json); break;
    case JsonValue::Kind::kList:
    case JsonValue::Kind::kObject:
      *json += value.is_list() ? '[' : '{';
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) *json += ',';
        if (value.is_object()) {
          AppendJsonString(value.keys[i], json);
          *json += ':';
        }
        Append(value.items[i], json);
      }
      *json += value.is_list() ? ']' : '}';
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* json) {
  *json += '"';
  for (const char c : text) {
    char escaped[8];
    switch (c) {
      case '"': *json += "\\\""; break;
      case '\\': *json += "\\\\"; break;
      case '\n': *json += "\\n"; break;
      case '\r': *json += "\\r"; break;
      case '\t': *json += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
          *json += escaped;
        } else {
          *json += c;
        }
    }
  }
  *json += '"';
}

std::string JsonText(const JsonValue& value) {
  std::string json;
  Append(value, &json);
  return json;
}

}  // namespace gemma4
