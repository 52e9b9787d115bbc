#include "lib/constraint/schema_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "lib/constraint/utf8_text.h"

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
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Status::InvalidArgument("%s is not JSON", what);
  return json;
}

bool IsAnnotation(std::string_view keyword) {
  return std::find(kAnnotations.begin(), kAnnotations.end(), keyword) != kAnnotations.end();
}

bool IsConstraint(std::string_view keyword) {
  return std::find(kConstraints.begin(), kConstraints.end(), keyword) != kConstraints.end();
}

std::string At(const std::string& path) { return "at " + ForMessage(path); }

std::string JoinPath(const std::string& path, std::string_view key) {
  return path + "/" + std::string(key);
}

TypeSet TypeOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return kNullType;
    case Json::value_t::boolean: return kBooleanType;
    case Json::value_t::object: return kObjectType;
    case Json::value_t::array: return kArrayType;
    case Json::value_t::string: return kStringType;
    case Json::value_t::number_float: {
      const double number = value.get<double>();
      return std::trunc(number) == number ? kWholeType : kFractionType;
    }
    default: return kWholeType;
  }
}

StatusOr<TypeSet> TypesOf(const Json& schema, const std::string& path) {
  const auto nullable = schema.find("nullable");
  TypeSet types = 0;
  if (nullable != schema.end()) {
    if (!nullable->is_boolean()) {
      return Status::InvalidArgument("nullable %s is not true or false", At(path).c_str());
    }
    if (nullable->get<bool>()) types = kNullType;
  }
  const auto found = schema.find("type");
  if (found == schema.end()) return kAllTypes;
  const auto add = [&](const Json& name) -> Status {
    static constexpr std::pair<std::string_view, TypeSet> kNames[] = {
        {"null", kNullType},      {"boolean", kBooleanType}, {"object", kObjectType},
        {"array", kArrayType},    {"string", kStringType},   {"integer", kWholeType},
        {"number", kNumberTypes},
    };
    const std::string text = name.is_string() ? name.get<std::string>() : name.dump();
    for (const auto& [known, type] : kNames) {
      if (name.is_string() && text == known) {
        types |= type;
        return Status::Ok();
      }
    }
    return Status::InvalidArgument(
        "type %s is \"%s\"; null, boolean, object, array, string, integer and number are known",
        At(path).c_str(), ForMessage(text).c_str());
  };
  if (!found->is_array()) {
    GEMMA4_RETURN_IF_ERROR(add(*found));
  } else {
    for (const Json& name : *found) GEMMA4_RETURN_IF_ERROR(add(name));
  }
  return types;
}

StatusOr<std::optional<Decimal>> DecimalAt(const Json& schema, const char* key,
                                           const std::string& path) {
  const auto found = schema.find(key);
  if (found == schema.end()) return std::optional<Decimal>();
  if (!found->is_number()) {
    return Status::InvalidArgument("%s %s is not a number", key, At(path).c_str());
  }
  std::optional<Decimal> decimal = Decimal::Parse(found->dump());
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
                                   key, At(path).c_str(), schema.find(key)->dump().c_str());
  }
  return static_cast<uint32_t>(std::stoul(decimal->whole));
}

Status CheckStrings(const Json& list, const std::string& path) {
  const bool is_good =
      list.is_array() &&
      std::all_of(list.begin(), list.end(), [](const Json& one) { return one.is_string(); });
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
      const auto found = at->find(name);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      if (name.empty() || name.size() > 6 ||
          name.find_first_not_of("0123456789") != std::string::npos) {
        return nullptr;
      }
      const size_t index = std::stoul(name);
      if (index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
    i = end;
  }
  return at;
}

}  // namespace gemma4::constraint
