#include "lib/constraint/schema_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/json/json_text.h"

namespace gemma4::constraint {
namespace {

constexpr std::array<std::string_view, 13> kAnnotations = {
    "title", "description", "default",  "examples",  "example", "$schema",     "$comment",
    "$id",   "deprecated",  "readOnly", "writeOnly", "$defs",   "definitions",
};

constexpr std::array<std::string_view, 28> kConstraints = {
    "type",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "nullable",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "additionalProperties",
};

}  // namespace

StatusOr<Json> ParseSchemaText(std::string_view text, const char* what) {
  // Schemas stand up to 100 inside each other, each in an object of the one around it.
  constexpr size_t kMaxLevels = 500;
  StatusOr<Json> json = ParseJsonValue(text, kMaxLevels);
  if (!json.ok()) return Status::InvalidArgument("%s: %s", what, json.status().message().c_str());
  return json;
}

bool IsAnnotation(std::string_view keyword) {
  return std::find(kAnnotations.begin(), kAnnotations.end(), keyword) != kAnnotations.end();
}

bool IsConstraint(std::string_view keyword) {
  return std::find(kConstraints.begin(), kConstraints.end(), keyword) != kConstraints.end();
}

std::string At(const std::string& path) { return "at " + CutToOneLine(path); }

std::string JoinPath(const std::string& path, std::string_view key) {
  return path + "/" + std::string(key);
}

TypeSet TypeOf(const Json& value) {
  switch (value.kind) {
    case Json::Kind::kNull: return kNullType;
    case Json::Kind::kBool: return kBooleanType;
    case Json::Kind::kObject: return kObjectType;
    case Json::Kind::kList: return kArrayType;
    case Json::Kind::kString: return kStringType;
    case Json::Kind::kInteger: return kWholeType;
    case Json::Kind::kReal: break;
  }
  const std::optional<Decimal> decimal = Decimal::Parse(value.text);
  const bool is_whole =
      decimal.has_value() ? decimal->fraction.empty() : std::trunc(value.real) == value.real;
  return is_whole ? kWholeType : kFractionType;
}

bool IsSameValue(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const std::optional<Decimal> x = Decimal::Parse(a.text), y = Decimal::Parse(b.text);
    if (x.has_value() && y.has_value()) return Decimal::Compare(*x, *y) == 0;
    return !x.has_value() && !y.has_value() && a.real == b.real;
  }
  if (a.kind != b.kind || a.boolean != b.boolean || a.items.size() != b.items.size()) return false;
  if (!a.is_list() && !a.is_object()) return a.text == b.text;
  const auto order_of = [](const Json& value) {
    std::vector<size_t> order(value.items.size());
    std::iota(order.begin(), order.end(), size_t{0});
    if (value.is_object()) {
      std::sort(order.begin(), order.end(),
                [&](size_t i, size_t j) { return value.keys[i] < value.keys[j]; });
    }
    return order;
  };
  const std::vector<size_t> of_a = order_of(a), of_b = order_of(b);
  for (size_t i = 0; i < of_a.size(); ++i) {
    if (a.is_object() && a.keys[of_a[i]] != b.keys[of_b[i]]) return false;
    if (!IsSameValue(a.items[of_a[i]], b.items[of_b[i]])) return false;
  }
  return true;
}

StatusOr<TypeSet> TypesOf(const Json& schema, const std::string& path) {
  TypeSet types = 0;
  if (const Json* nullable = schema.Find("nullable"); nullable != nullptr) {
    if (!nullable->is_bool()) {
      return Status::InvalidArgument("nullable %s is not true or false", At(path).c_str());
    }
    if (nullable->boolean) types = kNullType;
  }
  const Json* type = schema.Find("type");
  if (type == nullptr) return kAllTypes;
  const auto add = [&](const Json& name) -> Status {
    static constexpr std::pair<std::string_view, TypeSet> kNames[] = {
        {"null", kNullType},      {"boolean", kBooleanType}, {"object", kObjectType},
        {"array", kArrayType},    {"string", kStringType},   {"integer", kWholeType},
        {"number", kNumberTypes},
    };
    for (const auto& [known, of_name] : kNames) {
      if (name.is_string() && name.text == known) {
        types |= of_name;
        return Status::Ok();
      }
    }
    return Status::InvalidArgument(
        "type %s is \"%s\"; null, boolean, object, array, string, integer and number are known",
        At(path).c_str(), CutToOneLine(name.is_string() ? name.text : JsonText(name)).c_str());
  };
  if (!type->is_list()) {
    GEMMA4_RETURN_IF_ERROR(add(*type));
  } else {
    for (const Json& name : type->items) GEMMA4_RETURN_IF_ERROR(add(name));
  }
  return types;
}

StatusOr<std::optional<Decimal>> DecimalAt(const Json& schema, const char* key,
                                           const std::string& path) {
  const Json* number = schema.Find(key);
  if (number == nullptr) return std::optional<Decimal>();
  if (!number->is_number()) {
    return Status::InvalidArgument("%s %s is not a number", key, At(path).c_str());
  }
  std::optional<Decimal> decimal = Decimal::Parse(number->text);
  if (!decimal.has_value()) {
    return Status::Unsupported("%s %s has more than 200 digits", key, At(path).c_str());
  }
  return decimal;
}

StatusOr<uint32_t> CountAt(const Json& schema, const char* key, uint32_t default_value,
                           const std::string& path) {
  GEMMA4_ASSIGN_OR_RETURN(const std::optional<Decimal> decimal, DecimalAt(schema, key, path));
  if (!decimal.has_value()) return default_value;
  if (decimal->is_negative || !decimal->fraction.empty() || decimal->whole.size() > 9) {
    return Status::InvalidArgument("%s %s is %s; a whole number from 0 to 999999999 is expected",
                                   key, At(path).c_str(),
                                   CutToOneLine(schema.Find(key)->text).c_str());
  }
  return static_cast<uint32_t>(std::stoul(decimal->whole));
}

Status CheckStrings(const Json& list, const std::string& path) {
  const bool is_good =
      list.is_list() && std::all_of(list.items.begin(), list.items.end(),
                                    [](const Json& one) { return one.is_string(); });
  if (is_good) return Status::Ok();
  return Status::InvalidArgument("a list of strings is expected %s", At(path).c_str());
}

const Json* FindReference(const Json& root, const std::string& reference) {
  if (reference.empty() || reference[0] != '#') return nullptr;
  const Json* at = &root;
  size_t i = 1;
  while (i < reference.size()) {
    if (reference[i] != '/') return nullptr;
    const size_t end = std::min(reference.find('/', i + 1), reference.size());
    std::string key;
    for (size_t c = i + 1; c < end; ++c) {
      const auto hex = [](char digit) {
        if (digit >= '0' && digit <= '9') return digit - '0';
        if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
        return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
      };
      if (reference[c] == '%' && c + 2 < end && hex(reference[c + 1]) >= 0 &&
          hex(reference[c + 2]) >= 0) {
        key += static_cast<char>(hex(reference[c + 1]) * 16 + hex(reference[c + 2]));
        c += 2;
      } else {
        key += reference[c];
      }
    }
    std::string name;  // ~1 is '/', ~0 is '~'
    for (size_t c = 0; c < key.size(); ++c) {
      const bool is_escape =
          key[c] == '~' && c + 1 < key.size() && (key[c + 1] == '0' || key[c + 1] == '1');
      name += is_escape ? (key[++c] == '0' ? '~' : '/') : key[c];
    }
    if (at->is_object()) {
      at = at->Find(name);
      if (at == nullptr) return nullptr;
    } else if (at->is_list()) {
      if (name.empty() || name.size() > 6 ||
          name.find_first_not_of("0123456789") != std::string::npos) {
        return nullptr;
      }
      const size_t index = std::stoul(name);
      if (index >= at->items.size()) return nullptr;
      at = &at->items[index];
    } else {
      return nullptr;
    }
    i = end;
  }
  return at;
}

}  // namespace gemma4::constraint
