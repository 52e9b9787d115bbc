#include "lib/constraint/schema_compiler.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/base/utf8.h"
#include "lib/constraint/regular_expression.h"
#include "lib/json/json_text.h"

namespace gemma4::constraint {
namespace {

constexpr uint32_t kEnd = ProgramBuilder::kReturn;
constexpr size_t kMaxSchemaDepth = 100;

// Formats that are kept to, as patterns. Of dates, only those that every year has.
struct Format {
  const char* name;
  const char* pattern;
};
#define GEMMA4_DATE_PATTERN                                                                \
  "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|" \
  "02-(0[1-9]|1[0-9]|2[0-8]))"
#define GEMMA4_TIME_PATTERN \
  "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
constexpr Format kFormats[] = {
    {"date", "^" GEMMA4_DATE_PATTERN "$"},
    {"time", "^" GEMMA4_TIME_PATTERN "$"},
    {"date-time", "^" GEMMA4_DATE_PATTERN "T" GEMMA4_TIME_PATTERN "$"},
    {"uuid", "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    {"ipv4",
     "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}"
     "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$"},
};

bool HasConstraint(const Json& schema, const char* but) {
  return std::any_of(schema.keys.begin(), schema.keys.end(),
                     [but](const std::string& key) { return key != but && !IsAnnotation(key); });
}

}  // namespace

StatusOr<uint32_t> SchemaCompiler::Compile(const Json& root, const std::string& path) {
  const uint32_t rule = RuleFor({&root, &root, path, 0});
  while (!jobs_.empty()) {
    const Job job = std::move(jobs_.back());
    jobs_.pop_back();
    if (job.place.depth > kMaxSchemaDepth) {
      return Status::Unsupported("schemas stand more than %zu inside each other %s",
                                 kMaxSchemaDepth, At(job.place.path).c_str());
    }
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t code, Value(job.place));
    builder_.SetRuleCode(job.rule, code);
    if (builder_.is_full()) break;  // Finish says what is too much
  }
  return rule;
}

uint32_t SchemaCompiler::RuleFor(const Place& place) {
  const auto [found, is_new] = rules_.try_emplace(place.schema, 0);
  if (is_new) {
    found->second = builder_.AddRule("the schema " + At(place.path));
    jobs_.push_back({place, found->second});
  }
  return found->second;
}

uint32_t SchemaCompiler::RuleFor(const Json& schema, const Place& parent, const std::string& key) {
  return RuleFor({&schema, parent.root, JoinPath(parent.path, key), parent.depth + 1});
}

Status SchemaCompiler::CheckKeywords(const Place& place) const {
  for (const std::string& key : place.schema->keys) {
    const bool is_inner_id = key == "$id" && place.schema != place.root;
    if (!is_inner_id && (IsAnnotation(key) || IsConstraint(key))) continue;
    return Status::Unsupported("the keyword \"%s\" %s is not supported", CutToOneLine(key).c_str(),
                               At(place.path).c_str());
  }
  return Status::Ok();
}

StatusOr<uint32_t> SchemaCompiler::Value(const Place& place) {
  const Json& schema = *place.schema;
  if (schema.is_bool()) {
    return schema.boolean ? builder_.Call(AnyValue(), kEnd) : builder_.Fail();
  }
  if (!schema.is_object()) {
    return Status::InvalidArgument("a schema (an object, true or false) is expected %s",
                                   At(place.path).c_str());
  }
  GEMMA4_RETURN_IF_ERROR(CheckKeywords(place));
  if (schema.Has("$ref")) return Reference(place);
  if (schema.Has("allOf") || schema.Has("anyOf") || schema.Has("oneOf")) return Combined(place);
  if (schema.Has("enum") || schema.Has("const")) return Listed(place);
  if (!HasConstraint(schema, "")) return builder_.Call(AnyValue(), kEnd);
  GEMMA4_ASSIGN_OR_RETURN(const TypeSet types, TypesOf(schema, place.path));
  return OfType(types, place);
}

StatusOr<uint32_t> SchemaCompiler::Reference(const Place& place) {
  GEMMA4_ASSIGN_OR_RETURN(const Json* target, Resolve(*place.schema, place));
  const std::string& reference = place.schema->Find("$ref")->text;
  // As deep as the place where it stands: references may go round in circles.
  return builder_.Call(RuleFor({target, place.root, reference, place.depth}), kEnd);
}

StatusOr<uint32_t> SchemaCompiler::Listed(const Place& place) {
  const Json& schema = *place.schema;
  for (const std::string& key : schema.keys) {
    if (key != "enum" && key != "const" && key != "type" && key != "nullable" &&
        !IsAnnotation(key)) {
      return Status::Unsupported(
          "the keyword \"%s\" beside \"enum\" or \"const\" %s is not supported",
          CutToOneLine(key).c_str(), At(place.path).c_str());
    }
  }
  GEMMA4_ASSIGN_OR_RETURN(const TypeSet types, TypesOf(schema, place.path));
  const Json* const constant = schema.Find("const");
  const Json* const listed = schema.Find("enum");
  std::vector<const Json*> values;
  if (listed == nullptr) {
    values.push_back(constant);
  } else if (listed->is_list()) {
    for (const Json& value : listed->items) values.push_back(&value);
  } else {
    return Status::InvalidArgument("enum %s is not a list", At(place.path).c_str());
  }
  std::vector<std::u32string> strings;
  std::vector<uint32_t> ways;
  for (const Json* value : values) {
    if ((TypeOf(*value) & types) == 0) continue;
    if (constant != nullptr && !IsSameValue(*value, *constant)) continue;
    if (value->is_string()) {
      strings.push_back(*CodePointsOf(value->text));
      continue;
    }
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t way,
                            Constant(*value, (types & kFractionType) == 0, place));
    ways.push_back(way);
  }
  if (!strings.empty()) {
    ways.push_back(notation_.String(CharAutomaton::OneOf(strings), kEnd));
  }
  return ways.empty() ? builder_.Fail() : builder_.Split(ways);
}

namespace {

// Of a constant: it, and all that it holds. Each becomes a rule.
size_t NumValues(const Json& value) {
  size_t count = 1;
  for (const Json& item : value.items) count += NumValues(item);
  return count;
}

}  // namespace

StatusOr<uint32_t> SchemaCompiler::Constant(const Json& value, bool whole_only,
                                            const Place& place) {
  if (value.is_null() || value.is_bool()) return builder_.Literal(JsonText(value), kEnd);
  if (value.is_number()) {
    const std::optional<Decimal> decimal = Decimal::Parse(value.text);
    if (!decimal.has_value()) {
      return Status::Unsupported("a number %s has more than 200 digits", At(place.path).c_str());
    }
    std::string text = (decimal->is_negative ? "-" : "") + decimal->whole;
    if (!decimal->fraction.empty()) return builder_.Literal(text + "." + decimal->fraction, kEnd);
    const uint32_t after =
        whole_only ? kEnd : builder_.Optional(builder_.Literal(".0", kEnd), kEnd);
    return builder_.Literal(text, after);
  }
  if (const size_t num_values = NumValues(value); num_values > kMaxRules) {
    return Status::Unsupported("a constant %s holds %zu values; at most %zu are supported",
                               At(place.path).c_str(), num_values, kMaxRules);
  }
  const auto of = [](const Json& member) {
    Json schema = Json::Object();
    schema.Add("const", member);
    return schema;
  };
  Json schema = Json::Object();
  if (value.is_list()) {
    Json items = Json::List();
    for (const Json& item : value.items) items.items.push_back(of(item));
    schema.Add("type", Json::String("array"));
    schema.Add("prefixItems", std::move(items));
    schema.Add("items", Json::Bool(false));
    schema.Add("minItems", Json::Integer(value.items.size()));
  } else {
    Json properties = Json::Object(), required = Json::List();
    for (size_t i = 0; i < value.items.size(); ++i) {
      properties.Add(value.keys[i], of(value.items[i]));
      required.items.push_back(Json::String(value.keys[i]));
    }
    schema.Add("type", Json::String("object"));
    schema.Add("properties", std::move(properties));
    schema.Add("required", std::move(required));
    schema.Add("additionalProperties", Json::Bool(false));
  }
  return builder_.Call(RuleFor(*Keep(std::move(schema)), place, "const"), kEnd);
}

StatusOr<uint32_t> SchemaCompiler::Combined(const Place& place) {
  const Json& schema = *place.schema;
  const char* keyword = schema.Has("allOf") ? "allOf" : schema.Has("anyOf") ? "anyOf" : "oneOf";
  const Json& list = *schema.Find(keyword);
  const std::vector<Json>& branches = list.items;
  if (!list.is_list() || branches.empty()) {
    return Status::InvalidArgument("%s %s is not a list of schemas", keyword,
                                   At(place.path).c_str());
  }
  if (keyword == std::string_view("oneOf")) {
    GEMMA4_RETURN_IF_ERROR(CheckApart(list, place));
  }
  const auto path_of = [&](size_t i) { return std::string(keyword) + "/" + std::to_string(i); };
  const bool stands_alone = !HasConstraint(schema, keyword);
  if (keyword == std::string_view("allOf")) {
    if (stands_alone && branches.size() == 1) {
      return builder_.Call(RuleFor(branches[0], place, path_of(0)), kEnd);
    }
    const Json* merged = &schema;
    for (size_t i = 0; i < branches.size(); ++i) {
      GEMMA4_ASSIGN_OR_RETURN(merged,
                              Merge(*merged, i == 0 ? "allOf" : nullptr, branches[i], place));
    }
    return builder_.Call(RuleFor(*merged, place, "allOf"), kEnd);
  }
  std::vector<uint32_t> ways;
  for (size_t i = 0; i < branches.size() && !builder_.is_full(); ++i) {
    const Json* branch = &branches[i];
    if (!stands_alone) {
      GEMMA4_ASSIGN_OR_RETURN(branch, Merge(schema, keyword, branches[i], place));
    }
    ways.push_back(builder_.Call(RuleFor(*branch, place, path_of(i)), kEnd));
  }
  return builder_.Split(ways);
}

StatusOr<uint32_t> SchemaCompiler::OfType(TypeSet types, const Place& place) {
  std::vector<uint32_t> ways;
  if (types & kNullType) ways.push_back(builder_.Literal("null", kEnd));
  if (types & kBooleanType) {
    ways.push_back(builder_.Literal("true", kEnd));
    ways.push_back(builder_.Literal("false", kEnd));
  }
  if (types & kStringType) {
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t way, StringValue(place));
    ways.push_back(way);
  }
  if (types & kNumberTypes) {
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t way, NumberValue((types & kFractionType) == 0, place));
    ways.push_back(way);
  }
  if (types & kArrayType) {
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t way, ArrayValue(place));
    ways.push_back(way);
  }
  if (types & kObjectType) {
    GEMMA4_ASSIGN_OR_RETURN(const uint32_t way, ObjectValue(place));
    ways.push_back(way);
  }
  return ways.empty() ? builder_.Fail() : builder_.Split(ways);
}

StatusOr<uint32_t> SchemaCompiler::StringValue(const Place& place) {
  const Json& schema = *place.schema;
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t min, CountAt(schema, "minLength", 0, place.path));
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t max, CountAt(schema, "maxLength", kUnlimited, place.path));
  if (min > max) return builder_.Fail();
  const bool has_length = min > 0 || max != kUnlimited;
  const char* pattern = nullptr;
  std::string keyword = "pattern";
  if (const Json* format = schema.Find("format"); format != nullptr) {
    if (!format->is_string()) {
      return Status::InvalidArgument("format %s is not a string", At(place.path).c_str());
    }
    const std::string& name = format->text;
    keyword = "format \"" + CutToOneLine(name) + "\"";
    for (const Format& known : kFormats) {
      if (name == known.name) pattern = known.pattern;
    }
    if (pattern == nullptr) {
      return Status::Unsupported("the keyword %s %s is not supported", keyword.c_str(),
                                 At(place.path).c_str());
    }
  }
  const Json* const given = schema.Find("pattern");
  if (given != nullptr) {
    if (pattern != nullptr) {
      return Status::Unsupported("the keyword \"pattern\" beside \"format\" %s is not supported",
                                 At(place.path).c_str());
    }
    if (!given->is_string()) {
      return Status::InvalidArgument("pattern %s is not a string", At(place.path).c_str());
    }
    pattern = given->text.c_str();
  }
  if (pattern == nullptr) {
    if (!has_length) return builder_.Call(AnyString(), kEnd);
    const uint32_t rule = builder_.AddRule("a string", min, max);
    builder_.SetRuleCode(rule, notation_.String(notation_.AnyText(), kEnd));
    return builder_.Call(rule, kEnd);
  }
  const auto prefix = [&](const Status& status) {
    return status.WithPrefix(keyword + " " + At(place.path));
  };
  StatusOr<CharAutomaton> automaton =
      CompilePattern(given != nullptr ? std::string_view(given->text) : std::string_view(pattern));
  if (!automaton.ok()) return prefix(automaton.status());
  if (has_length) {
    automaton = automaton->WithLength(min, max);
    if (!automaton.ok()) return prefix(automaton.status());
  }
  return notation_.String(std::move(automaton).value(), kEnd);
}

StatusOr<uint32_t> SchemaCompiler::NumberValue(bool is_whole, const Place& place) {
  const Json& schema = *place.schema;
  NumberRange range;
  range.is_whole = is_whole;
  GEMMA4_ASSIGN_OR_RETURN(const std::optional<Decimal> step,
                          DecimalAt(schema, "multipleOf", place.path));
  if (step.has_value()) {
    if (step->is_negative || step->whole != "1" || !step->fraction.empty()) {
      return Status::Unsupported("the keyword \"multipleOf\" %s is not supported other than 1",
                                 At(place.path).c_str());
    }
    range.is_whole = true;
  }
  const auto read_bound = [&](const char* key, const char* exclusive_key,
                              bool is_lower) -> StatusOr<std::optional<NumberBound>> {
    std::optional<NumberBound> bound;
    GEMMA4_ASSIGN_OR_RETURN(const std::optional<Decimal> value, DecimalAt(schema, key, place.path));
    if (value.has_value()) bound = NumberBound{*value, true};
    const Json* const exclusive = schema.Find(exclusive_key);
    if (exclusive == nullptr) return bound;
    if (exclusive->is_bool()) {  // draft 4
      if (exclusive->boolean && bound.has_value()) bound->is_included = false;
      return bound;
    }
    GEMMA4_ASSIGN_OR_RETURN(const std::optional<Decimal> other,
                            DecimalAt(schema, exclusive_key, place.path));
    const int order = bound.has_value() ? Decimal::Compare(*other, bound->value) : 0;
    if (!bound.has_value() || order == 0 || (order > 0) == is_lower) {
      bound = NumberBound{*other, false};
    }
    return bound;
  };
  GEMMA4_ASSIGN_OR_RETURN(range.lower, read_bound("minimum", "exclusiveMinimum", true));
  GEMMA4_ASSIGN_OR_RETURN(range.upper, read_bound("maximum", "exclusiveMaximum", false));
  if (!range.lower.has_value() && !range.upper.has_value()) {
    return builder_.Call(AnyNumber(range.is_whole), kEnd);
  }
  return ReadNumber(range, &builder_, kEnd);
}

StatusOr<uint32_t> SchemaCompiler::ArrayValue(const Place& place) {
  const Json& schema = *place.schema;
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t min, CountAt(schema, "minItems", 0, place.path));
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t max, CountAt(schema, "maxItems", kUnlimited, place.path));
  const Json* const unique = schema.Find("uniqueItems");
  if (unique != nullptr && !unique->Is(false)) {
    return Status::Unsupported("the keyword \"uniqueItems\" %s is not supported",
                               At(place.path).c_str());
  }
  // Items at the front have schemas of their own: `prefixItems`, in older drafts a list `items`.
  const Json* const items = schema.Find("items");
  const bool is_old_list = items != nullptr && items->is_list();
  const Json* const first = is_old_list ? items : schema.Find("prefixItems");
  const char* const first_key = is_old_list ? "items" : "prefixItems";
  const Json* const rest = is_old_list ? schema.Find("additionalItems") : items;
  const char* const rest_key = is_old_list ? "additionalItems" : "items";
  std::vector<uint32_t> item_rules;
  if (first != nullptr) {
    if (!first->is_list()) {
      return Status::InvalidArgument("%s %s is not a list", first_key, At(place.path).c_str());
    }
    for (size_t i = 0; i < first->items.size(); ++i) {
      item_rules.push_back(
          RuleFor(first->items[i], place, std::string(first_key) + "/" + std::to_string(i)));
    }
  }
  item_rules.push_back(rest == nullptr ? AnyValue() : RuleFor(*rest, place, rest_key));
  if (min > max) return builder_.Fail();

  const uint32_t array = builder_.AddRule("an array", min, max);
  // What must hold is looked at before the space: nothing may be read that cannot be gone on from.
  const uint32_t bracket = builder_.Byte(']', kEnd);
  const uint32_t close = builder_.Enough({min, item_rules}, bracket);
  const uint32_t spaced_close = builder_.Enough({min, item_rules}, notation_.Space(bracket));
  const uint32_t after_last = builder_.Placeholder();
  uint32_t item = builder_.CountItem(builder_.Call(item_rules.back(), after_last));
  builder_.SetTargets(after_last,
                      {spaced_close, builder_.More(builder_.Byte(',', notation_.Space(item)))});
  for (size_t i = item_rules.size() - 1; i-- > 0;) {
    const uint32_t after =
        builder_.Split({spaced_close, builder_.More(builder_.Byte(',', notation_.Space(item)))});
    item = builder_.CountItem(builder_.Call(item_rules[i], after));
  }
  builder_.SetRuleCode(array, builder_.Byte('[', notation_.Space(builder_.Split({close, item}))));
  return builder_.Call(array, kEnd);
}

StatusOr<uint32_t> SchemaCompiler::ObjectValue(const Place& place) {
  const Json& schema = *place.schema;
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t min, CountAt(schema, "minProperties", 0, place.path));
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t max,
                          CountAt(schema, "maxProperties", kUnlimited, place.path));
  struct Property {
    uint32_t rule = 0;
    bool is_declared = false;
    bool is_required = false;
  };
  std::map<std::u32string, Property> properties;
  const Json* const declared = schema.Find("properties");
  if (declared != nullptr) {
    if (!declared->is_object()) {
      return Status::InvalidArgument("properties %s is not an object", At(place.path).c_str());
    }
    for (size_t i = 0; i < declared->items.size(); ++i) {
      const std::string& name = declared->keys[i];
      properties[*CodePointsOf(name)] = {
          .rule = RuleFor(declared->items[i], place, "properties/" + name), .is_declared = true};
    }
  }
  const Json* const others = schema.Find("additionalProperties");
  const bool is_closed = others != nullptr && others->Is(false);
  std::optional<uint32_t> others_rule;
  if (others != nullptr) {
    if (!is_closed) others_rule = RuleFor(*others, place, "additionalProperties");
  } else if (additional_by_default_ || declared == nullptr) {
    others_rule = AnyValue();
  }
  if (const Json* required = schema.Find("required"); required != nullptr) {
    GEMMA4_RETURN_IF_ERROR(CheckStrings(*required, JoinPath(place.path, "required")));
    for (const Json& name : required->items) {
      Property& property = properties[*CodePointsOf(name.text)];
      property.is_required = true;
      if (property.is_declared) continue;
      property.rule = is_closed ? RuleFor(*Keep(Json::Bool(false)), place, "required")
                                : others_rule.value_or(AnyValue());
    }
  }
  if (properties.size() > kMaxProperties) {
    return Status::Unsupported("the object %s has %zu properties; at most %zu are allowed",
                               At(place.path).c_str(), properties.size(), kMaxProperties);
  }

  const uint32_t rule = builder_.AddRule("an object", min, max);
  const uint32_t index = builder_.AddObject();
  // As in lists, before the space.
  const uint32_t brace = builder_.Byte('}', kEnd);
  const uint32_t close = builder_.MayEnd(index, brace);
  const uint32_t spaced_close = builder_.MayEnd(index, notation_.Space(brace));
  const uint32_t key = notation_.OpenKey(builder_.Key(index));
  const uint32_t after_value = builder_.Split(
      {spaced_close, builder_.MayAdd(index, builder_.Byte(',', notation_.Space(key)))});
  Object object;
  object.min = min;
  notation_.DescribeKeys(&object);
  for (const auto& [name, property] : properties) {
    if (!notation_.CanWriteKey(name)) {
      return Status::Unsupported(
          "a property %s has a name of other characters than letters, digits, '_', '-' and '.', "
          "which a tool call cannot hold",
          At(place.path).c_str());
    }
    object.required[object.names.size()] = property.is_required;
    object.names.push_back(name);
    object.value_rules.push_back(property.rule);
    object.codes.push_back(notation_.CloseKey(builder_.Call(property.rule, after_value)));
  }
  if (others_rule.has_value()) {
    object.additional_rule = *others_rule;
    object.additional_code = notation_.CloseKey(builder_.Call(*others_rule, after_value));
  }
  if (min > max || object.required.count() > max) return builder_.Fail();
  builder_.object(index) = std::move(object);
  builder_.SetRuleCode(
      rule,
      builder_.Byte('{', notation_.Space(builder_.Split({close, builder_.MayAdd(index, key)}))));
  return builder_.Call(rule, kEnd);
}

uint32_t SchemaCompiler::AnyValue() {
  if (any_value_.has_value()) return *any_value_;
  Json types = Json::List();
  for (const char* name : {"null", "boolean", "object", "array", "string", "number"}) {
    types.items.push_back(Json::String(name));
  }
  Json schema = Json::Object();
  schema.Add("type", std::move(types));
  const Json* const anything = Keep(std::move(schema));
  any_value_ = RuleFor({anything, anything, "#", 0});
  return *any_value_;
}

uint32_t SchemaCompiler::AnyString() {
  if (!any_string_.has_value()) {
    any_string_ = builder_.AddRule("a string");
    builder_.SetRuleCode(*any_string_, notation_.String(notation_.AnyText(), kEnd));
  }
  return *any_string_;
}

uint32_t SchemaCompiler::AnyNumber(bool is_whole) {
  std::optional<uint32_t>& rule = is_whole ? any_whole_ : any_number_;
  if (!rule.has_value()) {
    rule = builder_.AddRule("a number");
    NumberRange range;
    range.is_whole = is_whole;
    builder_.SetRuleCode(*rule, ReadNumber(range, &builder_, kEnd));
  }
  return *rule;
}

}  // namespace gemma4::constraint
