#include "lib/text/chat/python_text.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

std::string Shown(std::string_view json) { return PythonText(ParseJsonValue(json).value()); }

bool Equal(std::string_view a, std::string_view b) {
  const JsonValue left = ParseJsonValue(a).value(), right = ParseJsonValue(b).value();
  return PythonEquals(&left, &right);
}

// Python 3.11: repr of each.
TEST(PythonTextTest, NumbersAreWrittenAsPythonDoes) {
  EXPECT_EQ(Shown("15.0"), "15.0");
  EXPECT_EQ(Shown("1E5"), "100000.0");
  EXPECT_EQ(Shown("1e-07"), "1e-07");
  EXPECT_EQ(Shown("0.0001"), "0.0001");
  EXPECT_EQ(Shown("0.00001"), "1e-05");
  EXPECT_EQ(Shown("1e15"), "1000000000000000.0");
  EXPECT_EQ(Shown("1e16"), "1e+16");
  EXPECT_EQ(Shown("1.5e300"), "1.5e+300");
  EXPECT_EQ(Shown("5e-324"), "5e-324");
  EXPECT_EQ(Shown("-0"), "0");
  EXPECT_EQ(Shown("-0.0"), "-0.0");
  EXPECT_EQ(Shown("0.30000000000000004"), "0.30000000000000004");
  EXPECT_EQ(Shown("123456789.125"), "123456789.125");
}

TEST(PythonTextTest, ContainersShowTheirStringsQuoted) {
  EXPECT_EQ(Shown(R"("it's")"), "it's");
  EXPECT_EQ(Shown(R"(["a", null, true, 1.0, {"k": "v"}])"), "['a', None, True, 1.0, {'k': 'v'}]");
  EXPECT_EQ(Shown(R"(["it's", "a\"b'c", "\\", "\n\t\u0001\u007f"])"),
            R"(["it's", 'a"b\'c', '\\', '\n\t\x01\x7f'])");
  EXPECT_EQ(Shown(R"(["é\u00a0\u200b\ud83d\ude00\udb40\udc01"])"),
            "['\u00e9\\xa0\\u200b\U0001F600\\U000e0001']");
  EXPECT_EQ(Shown("[]"), "[]");
  EXPECT_EQ(Shown("{}"), "{}");
}

TEST(PythonTextTest, LettersOfAllScriptsChangeCase) {
  EXPECT_EQ(PythonLower("AbÉЯΩＡǅ"), "abéяωａǆ");
  EXPECT_EQ(PythonLower("İ"), "i\u0307");
  EXPECT_EQ(PythonUpper("stringßﬁéяωａ"), "STRINGSSFIÉЯΩＡ");
  EXPECT_EQ(PythonUpper("\u0390"), "\u0399\u0308\u0301");
  EXPECT_EQ(PythonLower("日本🎉_1"), "日本🎉_1");
}

TEST(PythonTextTest, ASigmaAtTheEndOfAWordIsFinal) {
  EXPECT_EQ(PythonLower("ΟΔΟΣ ΣΑΣ. Σ"), "οδος σας. σ");
  EXPECT_EQ(PythonLower("Α.Σ"), "α.ς");  // the point is ignorable
  EXPECT_EQ(PythonLower("ΑΣ'Α"), "ασ'α");
}

TEST(PythonTextTest, ValuesCompareAsPythonCompares) {
  EXPECT_TRUE(Equal("1", "1.0"));
  EXPECT_TRUE(Equal("true", "1"));
  EXPECT_FALSE(Equal("1", "\"1\""));
  EXPECT_FALSE(Equal("9007199254740993", "9007199254740992"));
  EXPECT_TRUE(Equal(R"({"a": [1], "b": null})", R"({"b": null, "a": [1.0]})"));
  EXPECT_FALSE(Equal("[1]", "[1, 2]"));
  const JsonValue null, text = JsonValue::String("");
  EXPECT_TRUE(PythonEquals(nullptr, &null));
  EXPECT_TRUE(PythonEquals(nullptr, nullptr));
  EXPECT_FALSE(PythonEquals(nullptr, &text));
}

TEST(PythonTextTest, EmptyThingsAreNotTrue) {
  for (const char* json : {"null", "false", "0", "-0.0", "\"\"", "[]", "{}"}) {
    const JsonValue value = ParseJsonValue(json).value();
    EXPECT_FALSE(IsTruthy(&value)) << json;
  }
  for (const char* json : {"true", "-1", "1e-300", "\" \"", "[null]", "{\"\": 0}"}) {
    const JsonValue value = ParseJsonValue(json).value();
    EXPECT_TRUE(IsTruthy(&value)) << json;
  }
  EXPECT_FALSE(IsTruthy(nullptr));
}

}  // namespace
}  // namespace gemma4
