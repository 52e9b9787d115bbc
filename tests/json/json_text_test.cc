#include "lib/json/json_text.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

TEST(JsonTextTest, ATreeIsTheTextThatItCameFrom) {
  for (const char* text : {"null", "true", "false", "[]", "{}", "0", "-12", "1.50", "1E+5", "\"\"",
                           R"("\"\\\n\r\t\u0001 /é")", R"({"b":[1,{"a":null}],"a":"x","":[[],{}]})",
                           "123456789012345678901234567890"}) {
    const StatusOr<JsonValue> value = ParseJsonValue(text);
    ASSERT_TRUE(value.ok()) << text;
    EXPECT_EQ(JsonText(*value), text);
  }
}

TEST(JsonTextTest, WhatCodeMakesIsJson) {
  JsonValue value = JsonValue::Object();
  value.Add("list", JsonValue::List());
  value.Find("list")->items.push_back(JsonValue::Integer(7));
  value.Add("yes", JsonValue::Bool(true));
  value.Add("text", JsonValue::String("a\"b"));
  EXPECT_EQ(JsonText(value), R"({"list":[7],"yes":true,"text":"a\"b"})");
  value.Remove("yes");
  value.Remove("absent");
  EXPECT_EQ(JsonText(value), R"({"list":[7],"text":"a\"b"})");
  EXPECT_FALSE(value.Has("yes"));
  EXPECT_EQ(value.Find("text")->text, "a\"b");
}

}  // namespace
}  // namespace gemma4
