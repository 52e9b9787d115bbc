#include "lib/json/json_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "lib/base/utf8.h"

namespace gemma4 {
namespace {

// Builds the tree from nlohmann's events.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(size_t max_depth) : max_depth_(max_depth) {}

  JsonValue root;
  Status status;

  bool null() override { return Add({}); }
  bool boolean(bool value) override { return Add(JsonValue::Bool(value)); }
  bool number_integer(number_integer_t value) override {
    return Add({.kind = JsonValue::Kind::kInteger,
                .real = static_cast<double>(value),
                .text = std::to_string(value)});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Add({.kind = JsonValue::Kind::kInteger,
                .real = static_cast<double>(value),
                .text = std::to_string(value)});
  }
  // Also called for whole numbers of more than 64 bits.
  bool number_float(number_float_t value, const string_t& token) override {
    if (token.find_first_of(".eE") == std::string::npos) {
      return Add({.kind = JsonValue::Kind::kInteger, .real = value, .text = token});
    }
    return Add({.kind = JsonValue::Kind::kReal, .real = value, .text = token});
  }
  bool string(string_t& value) override {
    return Add({.kind = JsonValue::Kind::kString, .text = std::move(value)});
  }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool start_object(std::size_t) override { return Open(JsonValue::Kind::kObject); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(JsonValue::Kind::kList); }
  bool end_array() override { return Close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing
    // value - invalid literal; last read: …": only what does not quote the text.
    std::string_view reason = error.what();
    const size_t found = reason.find("syntax error");
    reason = found == std::string_view::npos ? "a number is out of range" : reason.substr(found);
    reason = reason.substr(0, reason.find(';'));
    status = Status::InvalidArgument("not valid JSON at byte %zu: %s", position,
                                     std::string(reason).c_str());
    return false;
  }

 private:
  struct Level {
    JsonValue value;
    std::string key;                                // under which it goes into the one around it
    std::unordered_map<std::string, size_t> index;  // of the keys so far
  };

  bool Add(JsonValue value) {
    if (open_.empty()) {
      root = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (level.value.is_list()) {
      level.value.items.push_back(std::move(value));
      return true;
    }
    const auto [place, is_new] = level.index.try_emplace(key_, level.value.items.size());
    if (is_new) {
      level.value.keys.push_back(std::move(key_));
      level.value.items.push_back(std::move(value));
    } else {
      level.value.items[place->second] = std::move(value);
    }
    return true;
  }
  bool Open(JsonValue::Kind kind) {
    if (open_.size() == max_depth_) {
      status = Status::InvalidArgument("the JSON is nested deeper than %zu levels", max_depth_);
      return false;
    }
    open_.push_back({.value = {.kind = kind}, .key = std::move(key_), .index = {}});
    return true;
  }
  bool Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    key_ = std::move(level.key);
    return Add(std::move(level.value));
  }

  size_t max_depth_;
  std::vector<Level> open_;
  std::string key_;
};

}  // namespace

JsonValue JsonValue::Bool(bool value) { return {.kind = Kind::kBool, .boolean = value}; }

JsonValue JsonValue::Integer(size_t value) {
  return {
      .kind = Kind::kInteger, .real = static_cast<double>(value), .text = std::to_string(value)};
}

JsonValue JsonValue::String(std::string_view text) {
  return {.kind = Kind::kString, .text = std::string(text)};
}

const JsonValue* JsonValue::Find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

JsonValue* JsonValue::Find(std::string_view key) {
  return const_cast<JsonValue*>(std::as_const(*this).Find(key));
}

void JsonValue::Add(std::string_view key, JsonValue value) {
  keys.emplace_back(key);
  items.push_back(std::move(value));
}

void JsonValue::Remove(std::string_view key) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return;
  items.erase(items.begin() + (found - keys.begin()));
  keys.erase(found);
}

const char* DescribeJsonKind(const JsonValue* value) {
  if (value == nullptr) return "absent";
  switch (value->kind) {
    case JsonValue::Kind::kNull: return "null";
    case JsonValue::Kind::kBool: return value->boolean ? "true" : "false";
    case JsonValue::Kind::kInteger:
    case JsonValue::Kind::kReal: return "a number";
    case JsonValue::Kind::kString: return "a string";
    case JsonValue::Kind::kList: return "a list";
    case JsonValue::Kind::kObject: return "an object";
  }
  return "unknown";
}

StatusOr<JsonValue> ParseJsonValue(std::string_view text, size_t max_depth) {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(text));
  // JSON has none anywhere, and the parser takes one for the end of its input.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Status::InvalidArgument("not valid JSON at byte %zu: a NUL", nul + 1);
  }
  TreeBuilder builder(max_depth);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  GEMMA4_RETURN_IF_ERROR(builder.status);
  return std::move(builder.root);
}

}  // namespace gemma4
