#include <gtest/gtest.h>

#include <string>

#include "tests/constraint/matching.h"

namespace gemma4 {
namespace {

TEST(JsonSchemaTest, AnythingIsAnyDocument) {
  for (const char* schema : {"{}", "true", R"({"title": "x", "default": 3, "$comment": ""})"}) {
    ExpectSchemaTakes(schema,
                      {"null", "true", "false", "0", "-1.5e+10", R"("a\u00e9\n")", "[]", "[1, [2]]",
                       R"({"a":{"b":[null]},"c":""})", R"({"": 1})"},
                      {"", "nul", "tru", "01", "+1", "1.", ".5", "\"", "\"\n\"", "[1,]", "[,1]",
                       R"({"a"})", R"({"a":1,})", R"({a:1})", "1 ", " 1", "[1 2]", "'a'"});
  }
}

TEST(JsonSchemaTest, NothingFulfilsFalse) {
  ExpectRefused(Grammar::FromJsonSchema("false"), StatusCode::kInvalidArgument, "nothing fulfils");
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"string","enum":[1,2]})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"object","properties":{"a":false},
                                           "required":["a"]})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
  // A list that must hold itself has no end.
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"array","items":{"$ref":"#"},"minItems":1})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
}

TEST(JsonSchemaTest, TypeSaysWhichValues) {
  ExpectSchemaTakes(R"({"type":"null"})", {"null"}, {"0", "\"\"", "nul"});
  ExpectSchemaTakes(R"({"type":"boolean"})", {"true", "false"}, {"null", "1", "\"true\""});
  ExpectSchemaTakes(R"({"type":"string"})", {R"("")", R"("x")"}, {"1", "x"});
  ExpectSchemaTakes(R"({"type":"array"})", {"[]", "[{}]"}, {"{}"});
  ExpectSchemaTakes(R"({"type":"object"})", {"{}", R"({"a":1})"}, {"[]"});
  ExpectSchemaTakes(R"({"type":["integer","null"]})", {"3", "null"}, {"3.5", "false"});
  ExpectSchemaTakes(R"({"type":"string","nullable":true})", {R"("x")", "null"}, {"1"});
}

TEST(JsonSchemaTest, StringsHoldWhatJsonAllows) {
  ExpectSchemaTakes(R"({"type":"string"})",
                    {R"("\"\\\/\b\f\n\r\t")", R"("\u0000\uFFFF\ud83d\uDE00")", "\"\x7F\"",
                     "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
                    {R"("\x41")", R"("\u12G4")", R"("\ud83d")", R"("\ud83dx")", R"("\ude00")",
                     R"("\ud83d\ud83d")", "\"\x80\"", "\"\xC0\x80\"", "\"\xE0\x80\x80\"",
                     "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xC3\"", "\"a\tb\""});
}

TEST(JsonSchemaTest, LengthsCountCodePoints) {
  ExpectSchemaTakes(
      R"({"type":"string","minLength":2,"maxLength":3})",
      {R"("ab")", R"("abc")", "\"\xC3\xA9\xF0\x9F\x98\x80\"", R"("\ud83d\ude00\n\u00e9")"},
      {R"("")", R"("a")", R"("abcd")", "\"\xF0\x9F\x98\x80\"",
       R"("\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00")"});
  ExpectSchemaTakes(R"({"type":"string","maxLength":0})", {R"("")"}, {R"("a")"});
  ExpectSchemaTakes(R"({"minLength":2})", {R"("ab")", "1", "null"}, {R"("a")"});
}

TEST(JsonSchemaTest, PatternsAreFoundAnywhereUnlessAnchored) {
  ExpectSchemaTakes(R"({"type":"string","pattern":"b+"})", {R"("b")", R"("abbc")"},
                    {R"("")", R"("ac")"});
  ExpectSchemaTakes(R"({"type":"string","pattern":"^a(b|c)*$"})",
                    {R"("a")", R"("abcb")", R"("\u0061b")"}, {R"("ba")", R"("abd")", R"("")"});
  ExpectSchemaTakes(R"({"type":"string","pattern":"^[^x-z]{2,3}$"})", {R"("ab")", R"("\n\"b")"},
                    {R"("a")", R"("abcd")", R"("ax")"});
  ExpectSchemaTakes(R"({"type":"string","pattern":"^\\d{3}-\\d{4}$"})", {R"("555-1234")"},
                    {R"("5555-123")"});
  ExpectSchemaTakes(R"({"type":"string","pattern":"^a|b$"})", {R"("ax")", R"("xb")"},
                    {R"("xa")", R"("bx")"});
  ExpectSchemaTakes(R"({"type":"string","pattern":"^a+$","minLength":2,"maxLength":4})",
                    {R"("aa")", R"("aaaa")"}, {R"("a")", R"("aaaaa")"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"string","pattern":"^a{5}$","maxLength":3})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
}

TEST(JsonSchemaTest, WhatPatternsCannotSayIsNamed) {
  const auto refused = [](const std::string& pattern, StatusCode code, const std::string& words) {
    ExpectRefused(Grammar::FromJsonSchema(R"({"properties":{"a":{"type":"string","pattern":")" +
                                          pattern + R"("}}})"),
                  code, words);
  };
  refused("(?=a)", StatusCode::kUnsupported, "pattern at #/properties/a: has look-around");
  refused("(a)\\\\1", StatusCode::kUnsupported, "back reference");
  refused("\\\\bx", StatusCode::kUnsupported, "\\b");
  refused("\\\\p{L}", StatusCode::kUnsupported, "\\p");
  refused("(a", StatusCode::kInvalidArgument, "'(' without ')'");
  refused("a)", StatusCode::kInvalidArgument, "')' without '('");
  refused("[a", StatusCode::kInvalidArgument, "'[' without ']'");
  refused("*a", StatusCode::kInvalidArgument, "nothing to repeat");
  refused("a{3,2}", StatusCode::kInvalidArgument, "m > n");
  refused("(a|b)*a(a|b){20}", StatusCode::kUnsupported, "states");
}

TEST(JsonSchemaTest, FormatsThatAreKnownAreKept) {
  ExpectSchemaTakes(R"({"type":"string","format":"date"})", {R"("2024-02-28")", R"("1999-12-31")"},
                    {R"("2024-02-30")", R"("2024-13-01")", R"("24-01-01")"});
  ExpectSchemaTakes(R"({"type":"string","format":"date-time"})",
                    {R"("2024-02-28T23:59:59Z")", R"("2024-02-28T00:00:00.125+01:00")"},
                    {R"("2024-02-28 23:59:59Z")", R"("2024-02-28T24:00:00Z")"});
  ExpectSchemaTakes(R"({"type":"string","format":"ipv4"})", {R"("255.0.10.99")"},
                    {R"("256.0.0.1")", R"("1.2.3")"});
  ExpectSchemaTakes(R"({"type":"string","format":"uuid"})",
                    {R"("123e4567-e89b-12d3-a456-426614174000")"},
                    {R"("123e4567e89b12d3a456426614174000")"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"string","format":"email"})"),
                StatusCode::kUnsupported, "format \"email\" at #");
}

TEST(JsonSchemaTest, IntegersHaveNoFraction) {
  ExpectSchemaTakes(R"({"type":"integer"})", {"0", "-1", "98249283749234923498293171823948729"},
                    {"-0", "1.0", "1e3", "00", "-", "1.5"});
  ExpectSchemaTakes(R"({"type":"number","multipleOf":1})", {"0", "-12"}, {"0.5"});
}

TEST(JsonSchemaTest, RangesOfIntegersAreExact) {
  const auto check = [](int64_t lower, int64_t upper) {
    const std::string schema = "{\"type\":\"integer\",\"minimum\":" + std::to_string(lower) +
                               ",\"maximum\":" + std::to_string(upper) + "}";
    const auto grammar = Grammar::FromJsonSchema(schema);
    ASSERT_TRUE(grammar.ok()) << schema << grammar.status().message();
    const GrammarMatcher matcher = MatcherOf(*grammar);
    for (int64_t value = lower - 120; value <= upper + 120; ++value) {
      GrammarMatcher copy = matcher;
      const bool is_read = copy.AcceptBytes(std::to_string(value)) && copy.CanEnd();
      ASSERT_EQ(is_read, value >= lower && value <= upper) << schema << " " << value;
    }
    for (const char* text : {"-0", "00", "01", "-01", "1.0", "+1", ""}) {
      EXPECT_FALSE(Accepts(matcher, text)) << schema << " " << text;
    }
  };
  check(0, 0);
  check(0, 9);
  check(1, 12);
  check(-5, 5);
  check(-120, -7);
  check(37, 1042);
  check(99, 101);
  check(-1, 0);
  check(-1000, 999);
  check(5, 123);
}

TEST(JsonSchemaTest, BoundsOfIntegersMayBeOneSidedOrFractions) {
  ExpectSchemaTakes(R"({"type":"integer","minimum":8})", {"8", "9", "10", "123456789012"},
                    {"7", "0", "-8", "-9", "-10"});
  ExpectSchemaTakes(R"({"type":"integer","maximum":-8})", {"-8", "-10", "-99999"},
                    {"-7", "0", "8"});
  ExpectSchemaTakes(R"({"type":"integer","exclusiveMinimum":8,"exclusiveMaximum":11})", {"9", "10"},
                    {"8", "11"});
  ExpectSchemaTakes(R"({"type":"integer","minimum":8,"exclusiveMinimum":true})", {"9"}, {"8"});
  ExpectSchemaTakes(R"({"type":"integer","minimum":1.5,"maximum":3.5})", {"2", "3"}, {"1", "4"});
  ExpectSchemaTakes(R"({"type":"integer","minimum":-1.5,"maximum":1e1})", {"-1", "0", "10"},
                    {"-2", "11"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"integer","minimum":3,"maximum":2})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
  ExpectRefused(
      Grammar::FromJsonSchema(R"({"type":"integer","exclusiveMinimum":2,"exclusiveMaximum":3})"),
      StatusCode::kInvalidArgument, "nothing fulfils");
}

TEST(JsonSchemaTest, RangesOfDecimalsAreExact) {
  ExpectSchemaTakes(R"({"type":"number","minimum":1.1,"maximum":2.25})",
                    {"1.1", "1.10", "1.2", "2", "2.0", "2.25", "2.2499", "2.250"},
                    {"1", "1.0", "1.09999", "2.26", "2.2501", "3", "0", "-1.2", "1e0", "2.", "10"});
  ExpectSchemaTakes(R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})",
                    {"0.5", "0.001", "0.999"}, {"0", "0.0", "1", "1.0", "-0.5", "-0.0"});
  ExpectSchemaTakes(R"({"type":"number","minimum":-2.5,"maximum":-0.5})",
                    {"-2.5", "-1", "-0.5", "-0.50", "-2.49"}, {"-2.51", "-0.49", "0", "1", "-3"});
  ExpectSchemaTakes(R"({"type":"number","minimum":99.5})", {"99.5", "100", "123.456", "99.75"},
                    {"99.4", "99", "9.5", "-100"});
  ExpectSchemaTakes(R"({"type":"number","minimum":5,"maximum":5})", {"5", "5.0"}, {"5.01", "4.99"});
  ExpectSchemaTakes(R"({"minimum":3})", {"3", "4.5", "\"a\"", "[1]"}, {"2", "-4"});
}

TEST(JsonSchemaTest, EnumAndConstAreTheseValues) {
  ExpectSchemaTakes(
      R"({"enum":["a","ab","\u00e9",1,2.5,null,true,[1,"x"],{"k":{"v":2}}]})",
      {R"("a")", R"("ab")", "\"\xC3\xA9\"", R"("\u00e9")", R"("\u00E9")", "1", "1.0", "2.5", "null",
       "true", "[1,\"x\"]", "[1, \"x\"]", R"({"k":{"v":2}})", R"({"k": {"v": 2}})"},
      {R"("b")", R"("abc")", R"("")", "2", "1.5", "false", "[1]", "[1,\"x\",2]", R"({"k":{}})",
       R"({"k":{"v":2},"l":1})", "{}"});
  ExpectSchemaTakes(R"({"const":"x\"\n"})", {R"("x\"\n")", R"("x\u0022\u000a")"}, {R"("x")"});
  ExpectSchemaTakes(R"({"type":"integer","enum":[1,"1",2.5]})", {"1"}, {"\"1\"", "2.5", "1.0"});
  ExpectSchemaTakes(R"({"const":[]})", {"[]"}, {"[1]", "{}"});
  ExpectSchemaTakes(R"({"const":{}})", {"{}"}, {R"({"a":1})", "[]"});
  ExpectSchemaTakes(R"({"const":-1.5e2})", {"-150", "-150.0"}, {"150", "-15"});
  ExpectSchemaTakes(R"({"const":true,"enum":[true,false]})", {"true"}, {"false"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"enum":[1,2],"minimum":2})"), StatusCode::kUnsupported,
                "\"minimum\" beside \"enum\"");
  std::string many = "0";
  for (int i = 0; i < 10000; ++i) many += ",0";
  ExpectRefused(Grammar::FromJsonSchema("{\"const\":[[" + many + "]]}"), StatusCode::kUnsupported,
                "holds 10003 values; at most 10000");
}

TEST(JsonSchemaTest, ListsHaveTheirItems) {
  ExpectSchemaTakes(R"({"type":"array","items":{"type":"integer"}})",
                    {"[]", "[1]", "[1,2]", "[1, 2]", "[\n  1,\n  2\n]", "[ 1 ]"},
                    {"[1.5]", "[\"1\"]", "[1,,2]", "[1,2", "[\n\n1]", "[  1]", "[1 ,2]"});
  ExpectSchemaTakes(R"({"type":"array","minItems":2,"maxItems":3,"items":{"type":"null"}})",
                    {"[null,null]", "[null, null, null]"},
                    {"[]", "[null]", "[null,null,null,null]"});
  ExpectSchemaTakes(R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"null"}],
                        "items":false})",
                    {"[]", "[1]", "[1,null]"}, {"[null]", "[1,null,2]", "[1,"});
  ExpectSchemaTakes(R"({"type":"array","items":[{"type":"integer"}],
                        "additionalItems":{"type":"string"}})",
                    {"[]", "[1]", "[1,\"a\",\"b\"]"}, {"[\"a\"]", "[1,2]"});
  ExpectSchemaTakes(R"({"type":"array","items":false})", {"[]"}, {"[1]"});
  ExpectSchemaTakes(R"({"type":"array","maxItems":0})", {"[]"}, {"[1]"});
}

constexpr char kPerson[] = R"({"type":"object","properties":{
    "name":{"type":"string"},"age":{"type":"integer"},"nice":{"type":"boolean"}},
    "required":["name","age"],"additionalProperties":false})";

TEST(JsonSchemaTest, PropertiesMayStandInAnyOrderButOnce) {
  ExpectSchemaTakes(
      kPerson,
      {R"({"name":"x","age":3})", R"({"age": 3, "name": "x"})",
       R"({"nice":true,"age":3,"name":""})",
       "{\n  \"age\": 3,\n  \"nice\": false,\n  \"name\": \"\"\n}", R"({"n\u0061me":"x","age":1})"},
      {"{}", R"({"name":"x"})", R"({"name":"x","age":3,"age":3})",
       R"({"name":"x","age":3,"other":1})", R"({"name":1,"age":3})",
       R"({"name":"x","n\u0061me":"y","age":3})", R"({"name":"x","age":3,})"});
}

TEST(JsonSchemaTest, OtherPropertiesFollowTheirSchemaAndAreNotRepeated) {
  ExpectSchemaTakes(R"({"properties":{"a":{"type":"null"}},
                        "additionalProperties":{"type":"integer"},"type":"object"})",
                    {"{}", R"({"a":null})", R"({"b":1,"a":null,"ab":2,"":3})", R"({"aa":1})",
                     R"({"\u00e9":1,"e":2})"},
                    {R"({"a":1})", R"({"b":null})", R"({"b":1,"b":2})", R"({"b":1,"\u0062":2})",
                     R"({"\u0061":1})", "{\"\xC3\xA9\":1,\"\\u00e9\":2}", R"({"":1,"":2})"});
  ExpectSchemaTakes(R"({"type":"object"})", {R"({"x":1,"y":{"x":2}})"}, {R"({"x":1,"y":1,"x":2})"});
}

TEST(JsonSchemaTest, CountsOfPropertiesAreKept) {
  ExpectSchemaTakes(R"({"type":"object","minProperties":1,"maxProperties":2})",
                    {R"({"a":1})", R"({"a":1,"b":2})"}, {"{}", R"({"a":1,"b":2,"c":3})"});
  // What is required must still fit.
  ExpectSchemaTakes(R"({"type":"object","properties":{"a":{},"b":{},"c":{}},"required":["a","b"],
                        "maxProperties":2})",
                    {R"({"b":1,"a":2})"}, {R"({"a":1,"c":2})", R"({"c":1)", R"({"x":1)"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"object","required":["a","b"],
                                            "maxProperties":1})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"object","properties":{"a":{}},
                                            "additionalProperties":false,"minProperties":2})"),
                StatusCode::kInvalidArgument, "nothing fulfils");
}

TEST(JsonSchemaTest, PropertiesWithoutAValueAreNeverBegun) {
  ExpectSchemaTakes(R"({"type":"object","properties":{"a":false,"ab":{"type":"null"}},
                        "additionalProperties":false})",
                    {"{}", R"({"ab":null})"}, {R"({"a":1})", R"({"a")"});
}

TEST(JsonSchemaTest, RequiredPropertiesNeedNotBeDeclared) {
  ExpectSchemaTakes(R"({"type":"object","required":["a"]})", {R"({"a":1})", R"({"b":1,"a":[]})"},
                    {"{}", R"({"b":1})"});
  ExpectRefused(
      Grammar::FromJsonSchema(R"({"type":"object","required":["a"],"additionalProperties":false})"),
      StatusCode::kInvalidArgument, "nothing fulfils");
}

TEST(JsonSchemaTest, AdditionalPropertiesCanBeLeftOutByDefault) {
  JsonSchemaOptions options;
  options.additional_properties_by_default = false;
  ExpectTakes(
      Grammar::FromJsonSchema(R"({"type":"object","properties":{"a":{"type":"object"}}})", options),
      {"{}", R"({"a":{"x":1}})"}, {R"({"b":1})"});
}

TEST(JsonSchemaTest, AnyOfIsEitherBranch) {
  ExpectSchemaTakes(R"({"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]})",
                    {"1", R"("a")"}, {R"("ab")", "null"});
  // Branches that begin alike are followed together.
  ExpectSchemaTakes(
      R"({"anyOf":[{"type":"object","properties":{"k":{"const":"a"},"v":{"type":"null"}},
                                  "required":["k","v"],"additionalProperties":false},
                                 {"type":"object","properties":{"k":{"const":"b"},"v":{"type":"integer"}},
                                  "required":["k","v"],"additionalProperties":false}]})",
      {R"({"k":"a","v":null})", R"({"k":"b","v":1})", R"({"v":1,"k":"b"})"},
      {R"({"k":"a","v":1})", R"({"v":1,"k":"a"})"});
  ExpectSchemaTakes(R"({"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false,
                        "anyOf":[{"required":["a"]},{"required":["b"]}]})",
                    {R"({"a":1})", R"({"b":1})", R"({"b":1,"a":1})"}, {"{}"});
}

TEST(JsonSchemaTest, OneOfIsTakenWhereBranchesAreApart) {
  ExpectSchemaTakes(R"({"oneOf":[{"type":"integer"},{"type":"null"}]})", {"1", "null"}, {"\"\""});
  ExpectSchemaTakes(R"({"oneOf":[{"const":"a"},{"enum":["b","c"]}]})", {R"("a")", R"("c")"},
                    {R"("d")"});
  ExpectSchemaTakes(R"({"oneOf":[
      {"type":"object","properties":{"t":{"const":"a"}},"required":["t"]},
      {"type":"object","properties":{"t":{"const":"b"},"n":{"type":"null"}},"required":["t"]}]})",
                    {R"({"t":"a","n":1})", R"({"t":"b","n":null})"}, {R"({"t":"b","n":1})"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})"),
                StatusCode::kUnsupported, "\"oneOf\" at #");
}

TEST(JsonSchemaTest, AllOfPutsKeywordsSideBySide) {
  ExpectSchemaTakes(R"({"$defs":{"p":{"type":"integer"}},"allOf":[{"$ref":"#/$defs/p"}],
                        "description":"x"})",
                    {"1"}, {"\"1\"", "1.5"});
  ExpectSchemaTakes(R"({"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},
                                 {"properties":{"b":{"type":"null"}},"required":["b"]}],
                        "type":"object"})",
                    {R"({"a":1,"b":null})"}, {R"({"a":1})", R"({"a":null,"b":null})"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"allOf":[{"minimum":1},{"minimum":2}]})"),
                StatusCode::kUnsupported, "\"minimum\"");
}

TEST(JsonSchemaTest, ReferencesMayGoRoundInCircles) {
  ExpectSchemaTakes(R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
                        "value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},
                        {"type":"null"}]}},"required":["value","next"],
                        "additionalProperties":false}}})",
                    {R"({"value":1,"next":null})", R"({"value":1,"next":{"next":null,"value":2}})"},
                    {R"({"value":1})", R"({"value":1,"next":{}})"});
  ExpectSchemaTakes(R"({"properties":{"a/b~%":{"type":"null"}},"type":"object",
                        "additionalProperties":{"$ref":"#/properties/a~1b~0%25"}})",
                    {R"({"x":null})"}, {R"({"x":1})"});
  ExpectRefused(Grammar::FromJsonSchema(R"({"$ref":"#"})"), StatusCode::kUnsupported,
                "refers to itself");
  ExpectRefused(Grammar::FromJsonSchema(R"({"$ref":"#/$defs/a"})"), StatusCode::kInvalidArgument,
                "not there");
  ExpectRefused(Grammar::FromJsonSchema(R"({"$ref":"http://x.y/z"})"), StatusCode::kUnsupported,
                "\"$ref\" at #");
}

TEST(JsonSchemaTest, NestingEndsBeforeTheStackDoes) {
  // Deeper than the limit a value must not be a list any more.
  const auto grammar = Grammar::FromJsonSchema(
      R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"null"}]})");
  ASSERT_TRUE(grammar.ok()) << grammar.status().message();
  GrammarMatcher matcher = MatcherOf(*grammar);
  size_t depth = 0;
  while (matcher.Accept('[')) ++depth;
  EXPECT_GT(depth, 100u);
  EXPECT_LE(depth, 512u);
  EXPECT_TRUE(IsAllowed(matcher.AllowedTokens(), ']'));
  for (size_t i = 0; i < depth; ++i) ASSERT_TRUE(matcher.Accept(']')) << i;
  EXPECT_TRUE(matcher.CanEnd());
}

TEST(JsonSchemaTest, WhatMustBeDeepIsBegunOnlyWhereItFits) {
  // Every object needs three more levels; a list of them is closed where they would not fit.
  const auto grammar = Grammar::FromJsonSchema(
      R"({"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"object",
          "properties":{"c":{"type":"array","items":{"$ref":"#"}}},"required":["c"],
          "additionalProperties":false}},"required":["b"],"additionalProperties":false}},
          "required":["a"],"additionalProperties":false})");
  ASSERT_TRUE(grammar.ok()) << grammar.status().message();
  GrammarMatcher matcher = MatcherOf(*grammar);
  size_t depth = 0;
  while (matcher.AcceptBytes(R"({"a":{"b":{"c":[)")) ++depth;
  EXPECT_GT(depth, 20u);
  for (size_t i = 0; i < depth; ++i) ASSERT_TRUE(matcher.AcceptBytes("]}}}")) << i;
  EXPECT_TRUE(matcher.CanEnd());
}

TEST(JsonSchemaTest, WhatIsNotSupportedIsNamedWithItsPlace) {
  for (const char* keyword :
       {"patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
        "dependencies", "if", "then", "else", "not", "contains", "minContains",
        "unevaluatedProperties", "$anchor", "$dynamicRef", "contentSchema", "x-own"}) {
    ExpectRefused(Grammar::FromJsonSchema(R"({"properties":{"a":{"items":{")" +
                                          std::string(keyword) + R"(":{}}}}})"),
                  StatusCode::kUnsupported,
                  "the keyword \"" + std::string(keyword) + "\" at #/properties/a/items");
  }
  ExpectRefused(Grammar::FromJsonSchema(R"({"uniqueItems":true})"), StatusCode::kUnsupported,
                "\"uniqueItems\" at #");
  ExpectRefused(Grammar::FromJsonSchema(R"({"multipleOf":2})"), StatusCode::kUnsupported,
                "\"multipleOf\" at #");
}

TEST(JsonSchemaTest, NothingBesideAReferenceIsDropped) {
  const char* const schemas[] = {
      R"({"$ref":"#/$defs/a","maximum":2,"$defs":{"a":{"minimum":1}}})",
      R"({"type":"integer","anyOf":[{"$ref":"#/$defs/a","maximum":2}],"$defs":{"a":{"minimum":1}}})",
      R"({"allOf":[{"$ref":"#/$defs/a","maximum":2},{"type":"null"}],"$defs":{"a":{}}})",
      R"({"allOf":[{"$ref":"#/$defs/a"},{"type":"null"}],
          "$defs":{"a":{"$ref":"#/$defs/b","maximum":2},"b":{}}})",
  };
  for (const char* schema : schemas) {
    ExpectRefused(Grammar::FromJsonSchema(schema), StatusCode::kUnsupported,
                  "the keyword \"maximum\" beside \"$ref\"");
  }
  // Nor a keyword that has no name.
  ExpectRefused(Grammar::FromJsonSchema(R"({"allOf":[{"":1,"type":"null"},{"title":"x"}]})"),
                StatusCode::kUnsupported, "the keyword \"\"");
}

TEST(JsonSchemaTest, NumbersKeepAllTheirDigits) {
  ExpectSchemaTakes(R"({"const":123456789012345678901234567890})",
                    {"123456789012345678901234567890"},
                    {"123456789012345680000000000000", "123456789012345678901234567891"});
  // Whole to a double.
  ExpectSchemaTakes(R"({"type":["integer","null"],"enum":[12345678901234567890.5,null,1e2,3.0]})",
                    {"null", "100", "3"}, {"12345678901234567890", "12345678901234567890.5"});
  // The same number, however it is written.
  ExpectSchemaTakes(R"({"const":1.50,"enum":[2,15e-1]})", {"1.5"}, {"2", "15"});
}

TEST(JsonSchemaTest, SchemasThatAreTheSameCombine) {
  ExpectSchemaTakes(R"({"allOf":[{"type":"object","properties":{"a":{"enum":[1,2],"title":"x"}}},
                                 {"type":"object","properties":{"a":{"title":"x","enum":[1.0,2]}},
                                  "required":["a"]}]})",
                    {R"({"a":1})", R"({"a":2})"}, {"{}", R"({"a":3})"});
}

TEST(JsonSchemaTest, WhatIsNoSchemaIsRefused) {
  ExpectRefused(Grammar::FromJsonSchema("{"), StatusCode::kInvalidArgument,
                "the JSON schema: not valid JSON at byte 2");
  ExpectRefused(Grammar::FromJsonSchema("{\"title\": \"\xFF\"}"), StatusCode::kInvalidArgument,
                "the JSON schema: ");
  ExpectRefused(Grammar::FromJsonSchema("3"), StatusCode::kInvalidArgument, "a schema");
  ExpectRefused(Grammar::FromJsonSchema(R"({"type":"text"})"), StatusCode::kInvalidArgument,
                "\"text\"");
  ExpectRefused(Grammar::FromJsonSchema(R"({"minLength":-1})"), StatusCode::kInvalidArgument,
                "minLength at #");
  ExpectRefused(Grammar::FromJsonSchema(R"({"required":[1]})"), StatusCode::kInvalidArgument,
                "at #/required");
  ExpectRefused(Grammar::FromJsonSchema(std::string((1 << 18) + 1, ' ')), StatusCode::kUnsupported,
                "at most 262144");
  std::string deep = "true";
  for (int i = 0; i < 200; ++i) deep = R"({"items":)" + deep + "}";
  ExpectRefused(Grammar::FromJsonSchema(deep), StatusCode::kUnsupported, "inside each other");
  const std::string lists = std::string(501, '[') + std::string(501, ']');
  ExpectRefused(Grammar::FromJsonSchema("{\"default\":" + lists + "}"),
                StatusCode::kInvalidArgument, "the JSON schema: ");
  std::string wide = R"({"properties":{"p":{})";
  for (int i = 0; i < 256; ++i) wide += ",\"p" + std::to_string(i) + "\":{}";
  ExpectRefused(Grammar::FromJsonSchema(wide + "}}"), StatusCode::kUnsupported, "257 properties");
}

}  // namespace
}  // namespace gemma4
