// Of SchemaCompiler: what combines schemas, as far as that is putting their keywords side by side.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/constraint/schema_compiler.h"
#include "lib/json/json_text.h"

namespace gemma4::constraint {
namespace {

constexpr size_t kMaxMergedBytes = size_t{1} << 20;
constexpr int kMaxReferences = 30;  // from one to the next

constexpr std::pair<TypeSet, const char*> kTypeNames[] = {
    {kNullType, "null"},   {kBooleanType, "boolean"}, {kObjectType, "object"},
    {kArrayType, "array"}, {kStringType, "string"},
};

Json NamesOf(TypeSet types) {
  Json names = Json::List();
  for (const auto& [type, name] : kTypeNames) {
    if (types & type) names.items.push_back(Json::String(name));
  }
  if (types & kWholeType) {
    names.items.push_back(Json::String(types & kFractionType ? "number" : "integer"));
  }
  return names;
}

// What `properties` holds decides what `additionalProperties` is about; so for lists.
bool SplitsGroup(const Json& a, const Json& b) {
  const auto closes = [](const Json& schema) {
    const Json* others = schema.Find("additionalProperties");
    return others != nullptr && !others->Is(true);
  };
  const auto declares_others = [](const Json& schema, const Json& than) {
    const Json* properties = schema.Find("properties");
    const Json* those = than.Find("properties");
    return properties != nullptr && (those == nullptr || !IsSameValue(*properties, *those));
  };
  if ((closes(a) && declares_others(b, a)) || (closes(b) && declares_others(a, b))) return true;
  const auto has_items = [](const Json& schema) {
    return schema.Has("items") || schema.Has("prefixItems") || schema.Has("additionalItems");
  };
  if (has_items(a) && has_items(b)) return true;
  for (const char* key : {"exclusiveMinimum", "exclusiveMaximum"}) {
    for (const Json* schema : {&a, &b}) {
      const Json* bound = schema->Find(key);
      if (bound != nullptr && bound->is_bool()) return true;
    }
  }
  return a.Has("nullable") || b.Has("nullable");
}

// The values that `enum` or `const` list; none where neither is there.
std::optional<std::vector<const Json*>> ListedValues(const Json& schema) {
  std::vector<const Json*> values;
  if (const Json* constant = schema.Find("const"); constant != nullptr) {
    values.push_back(constant);
    return values;
  }
  const Json* listed = schema.Find("enum");
  if (listed == nullptr || !listed->is_list()) return std::nullopt;
  for (const Json& value : listed->items) values.push_back(&value);
  return values;
}

// False where one lists none.
bool ListOtherValues(const Json& a, const Json& b) {
  const auto of_a = ListedValues(a), of_b = ListedValues(b);
  if (!of_a.has_value() || !of_b.has_value()) return false;
  return std::none_of(of_a->begin(), of_a->end(), [&](const Json* x) {
    return std::any_of(of_b->begin(), of_b->end(),
                       [&](const Json* y) { return IsSameValue(*x, *y); });
  });
}

}  // namespace

const Json* SchemaCompiler::Referred(const Json& root, const std::string& reference) const {
  const auto [found, is_new] = referred_.try_emplace({&root, reference}, nullptr);
  if (is_new) found->second = FindReference(root, reference);
  return found->second;
}

StatusOr<const Json*> SchemaCompiler::Resolve(const Json& schema, const Place& place) const {
  const Json* at = &schema;
  for (int i = 0; at->Has("$ref"); ++i) {
    for (const std::string& key : at->keys) {
      if (key == "$ref" || IsAnnotation(key)) continue;
      return Status::Unsupported("the keyword \"%s\" beside \"$ref\" %s is not supported",
                                 CutToOneLine(key).c_str(), At(place.path).c_str());
    }
    const Json& reference = *at->Find("$ref");
    if (!reference.is_string()) {
      return Status::InvalidArgument("$ref %s is not a string", At(place.path).c_str());
    }
    const std::string& text = reference.text;
    if (text.empty() || text[0] != '#') {
      return Status::Unsupported(
          "the keyword \"$ref\" %s refers to \"%s\"; only #/... is supported",
          At(place.path).c_str(), CutToOneLine(text).c_str());
    }
    at = Referred(*place.root, text);
    if (at == nullptr) {
      const bool is_pointer = text.size() == 1 || text[1] == '/';
      return is_pointer
                 ? Status::InvalidArgument("$ref %s refers to \"%s\", which is not there",
                                           At(place.path).c_str(), CutToOneLine(text).c_str())
                 : Status::Unsupported(
                       "the keyword \"$ref\" %s refers to \"%s\"; only #/... is supported",
                       At(place.path).c_str(), CutToOneLine(text).c_str());
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
  if (base.is_bool() || resolved->Is(false)) return Keep(Json::Bool(false));
  Json merged = base;
  if (without != nullptr) merged.Remove(without);
  if (resolved->Is(true)) return Keep(std::move(merged));
  if (!resolved->is_object()) {
    return Status::InvalidArgument("a schema (an object, true or false) is expected %s",
                                   At(place.path).c_str());
  }
  const auto refuse = [&](const std::string& key) {
    return Status::Unsupported(
        "a schema combined %s has the keyword \"%s\" beside others that it cannot be combined with",
        At(place.path).c_str(), CutToOneLine(key).c_str());
  };
  if (SplitsGroup(merged, *resolved)) {
    return refuse(resolved->Has("properties") ? "properties" : "additionalProperties");
  }
  for (size_t i = 0; i < resolved->items.size(); ++i) {
    const std::string& key = resolved->keys[i];
    const Json& value = resolved->items[i];
    if (IsAnnotation(key)) continue;
    Json* const found = merged.Find(key);
    if (found == nullptr) {
      merged.Add(key, value);
    } else if (IsSameValue(*found, value)) {
      continue;
    } else if (key == "type") {
      GEMMA4_ASSIGN_OR_RETURN(const TypeSet a, TypesOf(merged, place.path));
      GEMMA4_ASSIGN_OR_RETURN(const TypeSet b, TypesOf(*resolved, place.path));
      *found = NamesOf(a & b);
    } else if (key == "required") {
      GEMMA4_RETURN_IF_ERROR(CheckStrings(*found, JoinPath(place.path, key)));
      GEMMA4_RETURN_IF_ERROR(CheckStrings(value, JoinPath(place.path, key)));
      found->items.insert(found->items.end(), value.items.begin(), value.items.end());
    } else if (key == "properties" && found->is_object() && value.is_object()) {
      std::map<std::string, size_t> indices;
      for (size_t k = 0; k < found->keys.size(); ++k) indices.emplace(found->keys[k], k);
      for (size_t k = 0; k < value.keys.size(); ++k) {
        const auto other = indices.find(value.keys[k]);
        if (other == indices.end()) {
          found->Add(value.keys[k], value.items[k]);
        } else if (!IsSameValue(found->items[other->second], value.items[k])) {
          return refuse(key);
        }
      }
    } else {
      return refuse(key);
    }
  }
  merged_bytes_ += JsonText(merged).size();
  if (merged_bytes_ > kMaxMergedBytes) {
    return Status::Unsupported("combined schemas take more than %zu bytes", kMaxMergedBytes);
  }
  return Keep(std::move(merged));
}

// oneOf is anyOf where no value can fulfil two branches.
Status SchemaCompiler::CheckApart(const Json& branches, const Place& place) const {
  std::vector<const Json*> resolved;
  for (const Json& branch : branches.items) {
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
  if (a.Is(false) || b.Is(false)) return true;
  if (!a.is_object() || !b.is_object()) return false;
  const auto types_of = [](const Json& schema) -> TypeSet {
    const StatusOr<TypeSet> declared = TypesOf(schema, "");
    const TypeSet types = declared.ok() ? *declared : kAllTypes;
    const auto listed = ListedValues(schema);
    if (!listed.has_value()) return types;
    TypeSet of_values = 0;
    for (const Json* value : *listed) of_values |= TypeOf(*value);
    return types & of_values;
  };
  const TypeSet both = types_of(a) & types_of(b);
  if (both == 0) return true;
  if (ListedValues(a).has_value() && ListedValues(b).has_value()) return ListOtherValues(a, b);
  if (both != kObjectType) return false;
  // Objects that both require a property, of which no value serves both.
  const auto requires_name = [](const Json& schema, const std::string& name) {
    const Json* required = schema.Find("required");
    return required != nullptr && required->is_list() &&
           std::any_of(required->items.begin(), required->items.end(),
                       [&](const Json& one) { return one.is_string() && one.text == name; });
  };
  const Json* const properties = a.Find("properties");
  const Json* const others = b.Find("properties");
  if (properties == nullptr || others == nullptr || !properties->is_object()) return false;
  for (size_t k = 0; k < properties->items.size(); ++k) {
    const std::string& name = properties->keys[k];
    const Json* const other = others->Find(name);
    if (other == nullptr || !requires_name(a, name) || !requires_name(b, name)) continue;
    const auto resolve = [&](const Json& schema) {
      const Json* at = &schema;
      for (int i = 0; i < kMaxReferences && at != nullptr; ++i) {
        const Json* reference = at->Find("$ref");
        if (reference == nullptr || !reference->is_string()) return at;
        at = Referred(root, reference->text);
      }
      return at;
    };
    const Json* const value_a = resolve(properties->items[k]);
    const Json* const value_b = resolve(*other);
    if (value_a == nullptr || value_b == nullptr) continue;
    if (ListOtherValues(*value_a, *value_b)) return true;
  }
  return false;
}

}  // namespace gemma4::constraint
