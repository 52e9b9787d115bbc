#include "lib/json/json_value.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gemma4 {
namespace {

JsonValue Parsed(std::string_view text) {
  auto value = ParseJsonValue(text);
  EXPECT_TRUE(value.ok()) << value.status().message();
  return std::move(value).value();
}

TEST(JsonValueTest, KeepsKindsAndDigitsOfNumbers) {
  const JsonValue value =
      Parsed("[1, -0, -0.0, 15.0, 1E5, 123456789012345678901234567890, -9223372036854775809]");
  const auto kind = [&](size_t i) { return value.items[i].kind; };
  EXPECT_EQ(kind(0), JsonValue::Kind::kInteger);
  EXPECT_EQ(value.items[1].text, "0");
  EXPECT_EQ(kind(2), JsonValue::Kind::kReal);
  EXPECT_TRUE(std::signbit(value.items[2].real));
  EXPECT_EQ(kind(3), JsonValue::Kind::kReal);
  EXPECT_EQ(kind(4), JsonValue::Kind::kReal);
  EXPECT_EQ(value.items[5].text, "123456789012345678901234567890");
  EXPECT_EQ(kind(5), JsonValue::Kind::kInteger);
  EXPECT_EQ(value.items[6].text, "-9223372036854775809");
}

TEST(JsonValueTest, KeepsTheOrderOfKeysAndTheLastOfEqualOnes) {
  const JsonValue value = Parsed(R"({"b": 1, "a": {"x": 2, "x": 3}, "b": [4]})");
  EXPECT_EQ(value.keys, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(value.items[0].items[0].text, "4");
  EXPECT_EQ(value.Find("a")->Find("x")->text, "3");
  EXPECT_EQ(value.Find("c"), nullptr);
  EXPECT_EQ(value.items[0].Find("b"), nullptr);
}

TEST(JsonValueTest, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "nul", "1 2", "{\"a\"}", "\"\\ud800\"", "\"a", "1e999",
                           "NaN", "{'a': 1}"}) {
    const auto value = ParseJsonValue(text);
    EXPECT_EQ(value.status().code(), StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(value.status().message().find("exception"), std::string::npos);
    EXPECT_EQ(value.status().message().find('\n'), std::string::npos);
  }
  EXPECT_FALSE(ParseJsonValue(std::string_view("{}\0", 3)).ok());
  EXPECT_FALSE(ParseJsonValue(std::string_view("1\0002", 3)).ok());
  EXPECT_EQ(ParseJsonValue("\"\xFF\"").status().code(), StatusCode::kInvalidUtf8);
}

TEST(JsonValueTest, EveryPrefixOfADocumentIsRefused) {
  const std::string text = R"({"a": [1, {"b": "x\u00e9"}, null], "c": -1.5e3})";
  ASSERT_TRUE(ParseJsonValue(text).ok());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseJsonValue(text.substr(0, size)).ok()) << size;
  }
}

TEST(JsonValueTest, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(ParseJsonValue(nested(kMaxJsonValueDepth)).ok());
  const auto deeper = ParseJsonValue(nested(kMaxJsonValueDepth + 1));
  EXPECT_EQ(deeper.status().message(), "the JSON is nested deeper than 200 levels");
  EXPECT_FALSE(ParseJsonValue(std::string(1000000, '[')).ok());
}

}  // namespace
}  // namespace gemma4
