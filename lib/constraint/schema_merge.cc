// Of SchemaCompiler: what combines schemas, as far as that is putting their keywords side by side.
#include <algorithm>
#include <utility>

#include "lib/constraint/schema_compiler.h"
#include "lib/constraint/utf8_text.h"

namespace gemma4::constraint {
namespace {

constexpr size_t kMaxMergedBytes = size_t{1} << 20;
constexpr int kMaxReferences = 30;  // from one to the next

constexpr std::pair<TypeSet, const char*> kTypeNames[] = {
    {kNullType, "null"},   {kBooleanType, "boolean"}, {kObjectType, "object"},
    {kArrayType, "array"}, {kStringType, "string"},
};

Json NamesOf(TypeSet types) {
  Json names = Json::array();
  for (const auto& [type, name] : kTypeNames) {
    if (types & type) names.push_back(name);
  }
  if (types & kWholeType) names.push_back(types & kFractionType ? "number" : "integer");
  return names;
}

// What `properties` holds decides what `additionalProperties` is about; so for lists.
bool SplitsGroup(const Json& a, const Json& b) {
  const auto closes = [](const Json& schema) {
    const auto found = schema.find("additionalProperties");
    return found != schema.end() && *found != true;
  };
  const auto declares_others = [](const Json& schema, const Json& than) {
    const auto found = schema.find("properties");
    return found != schema.end() && (!than.contains("properties") || *found != than["properties"]);
  };
  if ((closes(a) && declares_others(b, a)) || (closes(b) && declares_others(a, b))) return true;
  const auto has_items = [](const Json& schema) {
    return schema.contains("items") || schema.contains("prefixItems") ||
           schema.contains("additionalItems");
  };
  if (has_items(a) && has_items(b)) return true;
  for (const char* key : {"exclusiveMinimum", "exclusiveMaximum"}) {
    if ((a.contains(key) && a[key].is_boolean()) || (b.contains(key) && b[key].is_boolean())) {
      return true;
    }
  }
  return a.contains("nullable") || b.contains("nullable");
}

// The values that `enum` or `const` list; null where neither is there.
Json ListedValues(const Json& schema) {
  if (schema.contains("const")) return Json::array({schema["const"]});
  if (schema.contains("enum") && schema["enum"].is_array()) return schema["enum"];
  return Json();
}

bool HaveCommonValue(const Json& a, const Json& b) {
  return std::any_of(a.begin(), a.end(), [&b](const Json& value) {
    return std::find(b.begin(), b.end(), value) != b.end();
  });
}

}  // namespace

StatusOr<const Json*> SchemaCompiler::Resolve(const Json& schema, const Place& place) const {
  const Json* at = &schema;
  for (int i = 0; at->is_object() && at->contains("$ref"); ++i) {
    const Json& reference = *at->find("$ref");
    if (!reference.is_string()) {
      return Status::InvalidArgument("$ref %s is not a string", At(place.path).c_str());
    }
    const std::string& text = reference.get_ref<const std::string&>();
    if (text.empty() || text[0] != '#') {
      return Status::Unsupported(
          "the keyword \"$ref\" %s refers to \"%s\"; only #/... is supported",
          At(place.path).c_str(), ForMessage(text).c_str());
    }
    at = FindReference(*place.root, text);
    if (at == nullptr) {
      const bool is_pointer = text.size() == 1 || text[1] == '/';
      return is_pointer ? Status::InvalidArgument("$ref %s refers to \"%s\", which is not there",
                                                  At(place.path).c_str(), ForMessage(text).c_str())
                        : Status::Unsupported(
                              "the keyword \"$ref\" %s refers to \"%s\"; only #/... is supported",
                              At(place.path).c_str(), ForMessage(text).c_str());
    }
    if (&schema == place.schema) return at;  // one step
    if (i >= kMaxReferences) {
      return Status::Unsupported("$ref %s refers to references without end",
                                 At(place.path).c_str());
    }
  }
  return at;
}

StatusOr<const Json*> SchemaCompiler::Merge(const Json& base, const char* without,
                                            const Json& branch, const Place& place) {
  GEMMA4_ASSIGN_OR_RETURN(const Json* resolved, Resolve(branch, place));
  if (base.is_boolean() || *resolved == false) return Keep(false);
  Json merged = base;
  merged.erase(without);
  if (*resolved == true) return Keep(std::move(merged));
  if (!resolved->is_object()) {
    return Status::InvalidArgument("a schema (an object, true or false) is expected %s",
                                   At(place.path).c_str());
  }
  const auto refuse = [&](const std::string& key) {
    return Status::Unsupported(
        "a schema combined %s has the keyword \"%s\" beside others that it cannot be combined with",
        At(place.path).c_str(), ForMessage(key).c_str());
  };
  if (SplitsGroup(merged, *resolved)) {
    return refuse(resolved->contains("properties") ? "properties" : "additionalProperties");
  }
  for (const auto& [key, value] : resolved->items()) {
    if (IsAnnotation(key)) continue;
    const auto found = merged.find(key);
    if (found == merged.end()) {
      merged[key] = value;
    } else if (*found == value) {
      continue;
    } else if (key == "type") {
      GEMMA4_ASSIGN_OR_RETURN(const TypeSet a, TypesOf(merged, place.path));
      GEMMA4_ASSIGN_OR_RETURN(const TypeSet b, TypesOf(*resolved, place.path));
      *found = NamesOf(a & b);
    } else if (key == "required") {
      GEMMA4_RETURN_IF_ERROR(CheckStrings(*found, JoinPath(place.path, key)));
      GEMMA4_RETURN_IF_ERROR(CheckStrings(value, JoinPath(place.path, key)));
      found->insert(found->end(), value.begin(), value.end());
    } else if (key == "properties" && found->is_object() && value.is_object()) {
      for (const auto& [name, property] : value.items()) {
        if (found->contains(name) && (*found)[name] != property) return refuse(key);
        (*found)[name] = property;
      }
    } else {
      return refuse(key);
    }
  }
  merged_bytes_ += merged.dump().size();
  if (merged_bytes_ > kMaxMergedBytes) {
    return Status::Unsupported("combined schemas take more than %zu bytes", kMaxMergedBytes);
  }
  return Keep(std::move(merged));
}

// oneOf is anyOf where no value can fulfil two branches.
Status SchemaCompiler::CheckApart(const Json& branches, const Place& place) const {
  std::vector<const Json*> resolved;
  for (const Json& branch : branches) {
    GEMMA4_ASSIGN_OR_RETURN(const Json* one, Resolve(branch, place));
    resolved.push_back(one);
  }
  constexpr size_t kMaxBranches = 500;
  if (resolved.size() > kMaxBranches) {
    return Status::Unsupported("oneOf %s has %zu branches; at most %zu are allowed",
                               At(place.path).c_str(), resolved.size(), kMaxBranches);
  }
  for (size_t i = 0; i < resolved.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (AreApart(*resolved[j], *resolved[i], *place.root)) continue;
      return Status::Unsupported(
          "the keyword \"oneOf\" %s is supported only where no value can fulfil two branches, as "
          "by different types or by a required property with different const; branches %zu and %zu "
          "may both be fulfilled",
          At(place.path).c_str(), j, i);
    }
  }
  return Status::Ok();
}

bool SchemaCompiler::AreApart(const Json& a, const Json& b, const Json& root) const {
  if (a == false || b == false) return true;
  if (!a.is_object() || !b.is_object()) return false;
  const auto types_of = [](const Json& schema) -> TypeSet {
    const Json listed = ListedValues(schema);
    const StatusOr<TypeSet> declared = TypesOf(schema, "");
    TypeSet types = declared.ok() ? *declared : kAllTypes;
    if (listed.is_null()) return types;
    TypeSet of_values = 0;
    for (const Json& value : listed) of_values |= TypeOf(value);
    return types & of_values;
  };
  const TypeSet both = types_of(a) & types_of(b);
  if (both == 0) return true;
  const Json values_a = ListedValues(a), values_b = ListedValues(b);
  if (!values_a.is_null() && !values_b.is_null()) return !HaveCommonValue(values_a, values_b);
  if (both != kObjectType) return false;
  // Objects that both require a property, of which no value serves both.
  const auto requires_name = [](const Json& schema, const std::string& name) {
    const auto required = schema.find("required");
    return required != schema.end() && required->is_array() &&
           std::find(required->begin(), required->end(), Json(name)) != required->end();
  };
  const auto properties = a.find("properties"), others = b.find("properties");
  if (properties == a.end() || others == b.end() || !properties->is_object() ||
      !others->is_object()) {
    return false;
  }
  for (const auto& [name, property] : properties->items()) {
    const auto other = others->find(name);
    if (other == others->end() || !requires_name(a, name) || !requires_name(b, name)) continue;
    const auto resolve = [&root](const Json& schema) {
      const Json* at = &schema;
      for (int i = 0; i < kMaxReferences && at != nullptr && at->is_object(); ++i) {
        const auto reference = at->find("$ref");
        if (reference == at->end() || !reference->is_string()) return at;
        at = FindReference(root, reference->get_ref<const std::string&>());
      }
      return at;
    };
    const Json* const value_a = resolve(property);
    const Json* const value_b = resolve(*other);
    if (value_a == nullptr || value_b == nullptr) continue;
    if (!value_a->is_object() || !value_b->is_object()) continue;
    const Json listed_a = ListedValues(*value_a), listed_b = ListedValues(*value_b);
    if (!listed_a.is_null() && !listed_b.is_null() && !HaveCommonValue(listed_a, listed_b)) {
      return true;
    }
  }
  return false;
}

}  // namespace gemma4::constraint
