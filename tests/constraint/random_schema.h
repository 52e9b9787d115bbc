// Random schemas, all of which something fulfils.
#ifndef GEMMA4_TESTS_CONSTRAINT_RANDOM_SCHEMA_H_
#define GEMMA4_TESTS_CONSTRAINT_RANDOM_SCHEMA_H_

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace gemma4 {

class RandomSchema {
 public:
  using Json = nlohmann::json;

  explicit RandomSchema(uint32_t seed) : random_(seed) {}

  // With $defs, which refer to themselves where they need not be taken.
  Json Make() {
    Json root = Any(3);
    if (!root.is_object()) root = Json::object();
    root["$defs"]["tree"] = {
        {"type", "object"},
        {"properties",
         {{"v", Any(1)}, {"next", {{"anyOf", {{{"$ref", "#/$defs/tree"}}, {{"type", "null"}}}}}}}},
        {"required", {"next"}},
        {"additionalProperties", Chance(2)}};
    root["$defs"]["small"] = Chance(2) ? String() : Number();
    return root;
  }

 private:
  bool Chance(uint32_t one_in) { return random_() % one_in == 0; }
  uint32_t Below(uint32_t end) { return random_() % end; }
  std::string Name() {
    static const char* const kNames[] = {"a",    "ab", "abc", "name", "n", "\xC3\xA9t\xC3\xA9",
                                         "q\"t", "",   "x y"};
    return kNames[Below(9)];
  }

  Json Any(int depth) {
    switch (Below(depth > 0 ? 11 : 7)) {
      case 0: return Chance(2) ? Json{{"type", "boolean"}} : Json{{"type", {"null", "boolean"}}};
      case 1:
      case 2: return Number();
      case 3:
      case 4: return String();
      case 5: return Listed();
      case 6:
        return Chance(4) ? Json(true)
                         : Json{{"$ref", "#/$defs/" + std::string(Chance(2) ? "tree" : "small")},
                                {"title", "x"}};
      case 7: return Array(depth);
      case 8: {
        Json branches = Json::array();
        for (uint32_t i = 1 + Below(3); i > 0; --i) branches.push_back(Any(depth - 1));
        return {{"anyOf", branches}};
      }
      default: return Object(depth);
    }
  }

  Json Number() {
    Json schema = {{"type", Chance(2) ? "integer" : "number"}};
    const int lower = static_cast<int>(Below(3000)) - 1500,
              width = 2 + static_cast<int>(Below(500));
    const double shift = schema["type"] == "number" && Chance(2) ? 0.25 : 0.0;
    if (!Chance(3)) schema[Chance(2) ? "minimum" : "exclusiveMinimum"] = lower + shift;
    if (!Chance(3)) schema[Chance(2) ? "maximum" : "exclusiveMaximum"] = lower + width + shift;
    return schema;
  }

  Json String() {
    static const char* const kPatterns[] = {"^[a-c]+$", "^\\d{2,4}-[xyz]?$", "ab|cd$",
                                            "^(foo|bar)*!$", "[0-9]"};
    Json schema = {{"type", "string"}};
    if (Chance(3)) {
      schema["pattern"] = kPatterns[Below(5)];
      if (Chance(2)) schema["maxLength"] = 8 + Below(10);
    } else {
      const uint32_t min = Below(4);
      if (Chance(2)) schema["minLength"] = min;
      if (Chance(2)) schema["maxLength"] = min + Below(10);
    }
    return schema;
  }

  Json Listed() {
    static const Json kValues = {"a",
                                 "ab",
                                 "\xE2\x82\xAC\n",
                                 1,
                                 -2.5,
                                 0,
                                 true,
                                 nullptr,
                                 Json::array({1, "x"}),
                                 {{"k", 1}, {"l", Json::array()}},
                                 "",
                                 1000000};
    if (Chance(4)) return {{"const", kValues[Below(12)]}};
    Json values = Json::array();
    for (uint32_t i = 1 + Below(5); i > 0; --i) values.push_back(kValues[Below(12)]);
    return {{"enum", values}};
  }

  Json Array(int depth) {
    Json schema = {{"type", "array"}};
    if (!Chance(4)) schema["items"] = Any(depth - 1);
    if (Chance(3)) {
      for (uint32_t i = 1 + Below(2); i > 0; --i) schema["prefixItems"].push_back(Any(depth - 1));
    }
    const uint32_t min = Below(3);
    if (Chance(2)) schema["minItems"] = min;
    if (Chance(2)) schema["maxItems"] = min + Below(4);
    return schema;
  }

  Json Object(int depth) {
    Json schema = {{"type", "object"}};
    for (uint32_t i = Below(5); i > 0; --i) {
      const std::string name = Name();
      schema["properties"][name] = Any(depth - 1);
      if (Chance(3)) schema["required"].push_back(name);
    }
    if (Chance(2)) schema["additionalProperties"] = false;
    if (!schema.contains("additionalProperties") && Chance(2)) {
      schema["additionalProperties"] = Any(depth - 1);
    }
    const bool is_open =
        !schema.contains("additionalProperties") || schema["additionalProperties"] != false;
    if (Chance(4)) schema["maxProperties"] = 5 + Below(3);
    if (is_open && Chance(4)) schema["minProperties"] = Below(4);
    return schema;
  }

  std::mt19937 random_;
};

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CONSTRAINT_RANDOM_SCHEMA_H_
