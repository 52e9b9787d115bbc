// The JSON Schema Test Suite, draft 4: data/make_json_schema_test_suite.py says what of it.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/constraint/matching.h"

namespace gemma4 {
namespace {

using Json = nlohmann::json;

// What is refused, with the word that the message must have, and nothing else is.
const std::map<std::string, std::string>& RefusedGroups() {
  static const std::map<std::string, std::string> groups = {
      {"additionalProperties: additionalProperties being false does not allow other properties",
       "patternProperties"},
      {"definitions: valid definition", "$ref"},
      {"definitions: invalid definition", "$ref"},
      {"dependencies: dependencies", "dependencies"},
      {"dependencies: multiple dependencies", "dependencies"},
      {"dependencies: multiple dependencies subschema", "dependencies"},
      {"multipleOf: by int", "multipleOf"},
      {"multipleOf: by number", "multipleOf"},
      {"multipleOf: by small number", "multipleOf"},
      {"not: not", "not"},
      {"not: not multiple types", "not"},
      {"not: not more complex schema", "not"},
      {"not: forbidden property", "not"},
      {"oneOf: oneOf", "oneOf"},
      {"oneOf: oneOf with base schema", "oneOf"},
      {"patternProperties: patternProperties validates properties matching a regex",
       "patternProperties"},
      {"patternProperties: multiple simultaneous patternProperties are validated",
       "patternProperties"},
      {"patternProperties: regexes are not anchored by default and are case sensitive",
       "patternProperties"},
      {"properties: properties, patternProperties, additionalProperties interaction",
       "patternProperties"},
      {"ref: remote ref, containing refs itself", "$ref"},
      {"ref: escaped pointer ref", "percent%field"},
      {"uniqueItems: uniqueItems validation", "uniqueItems"},
  };
  return groups;
}

TEST(JsonSchemaSuiteTest, AgreesWithTheSuiteOrRefusesByName) {
  std::ifstream file(GEMMA4_TEST_DATA_DIR "/constraint/data/json_schema_test_suite.json");
  const Json groups = Json::parse(file);
  size_t num_documents = 0;
  std::set<std::string> refused;
  for (const Json& group : groups) {
    const std::string name = group["name"];
    SCOPED_TRACE(name + " " + group["schema"].dump());
    const auto grammar = Grammar::FromJsonSchema(group["schema"].dump());
    const auto expected = RefusedGroups().find(name);
    if (expected != RefusedGroups().end()) {
      EXPECT_FALSE(grammar.ok());
      if (grammar.ok()) continue;
      EXPECT_EQ(grammar.status().code(), StatusCode::kUnsupported);
      EXPECT_NE(grammar.status().message().find(expected->second), std::string::npos)
          << grammar.status().message();
      refused.insert(name);
      continue;
    }
    EXPECT_TRUE(grammar.ok()) << grammar.status().message();
    if (!grammar.ok()) continue;
    const GrammarMatcher matcher = MatcherOf(*grammar);
    for (const Json& test : group["tests"]) {
      for (const Json& document : {test[1], test[2]}) {
        EXPECT_EQ(Accepts(matcher, document.get<std::string>()), test[3].get<bool>())
            << test[0] << ": " << document;
        ++num_documents;
      }
    }
  }
  EXPECT_EQ(refused.size(), RefusedGroups().size());
  EXPECT_GT(num_documents, 250u);
}

}  // namespace
}  // namespace gemma4
