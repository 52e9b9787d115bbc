#include "lib/json/json_visitor.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

// Writes each event as "path=value ".
class Recorder : public JsonVisitor {
 public:
  std::string events;
  size_t max_members = 0;

  void OnStart(size_t count) override { max_members = count; }
  Status OnScalar(const JsonPath& path, const JsonScalar& value) override {
    events += PathText(path) + "=";
    switch (value.kind) {
      case JsonScalar::Kind::kNull: events += "null"; break;
      case JsonScalar::Kind::kBool: events += value.boolean ? "true" : "false"; break;
      case JsonScalar::Kind::kInteger: events += std::to_string(value.integer); break;
      case JsonScalar::Kind::kReal: events += "real " + std::to_string(value.real); break;
      case JsonScalar::Kind::kString: events += "'" + std::string(value.text) + "'"; break;
    }
    events += " ";
    return value.text == "stop" ? Status::Unsupported("stopped") : Status::Ok();
  }
  Status OnBegin(const JsonPath& path, bool is_list) override {
    events += PathText(path) + (is_list ? "[ " : "{ ");
    return Status::Ok();
  }
  Status OnEnd(const JsonPath& path) override {
    events += PathText(path) + "end ";
    return Status::Ok();
  }

 private:
  static std::string PathText(const JsonPath& path) {
    std::string text;
    for (size_t i = 0; i < path.depth(); ++i) {
      text += "/" + (path.is_element(i) ? std::to_string(path.index(i)) : std::string(path.key(i)));
    }
    return text;
  }
};

TEST(JsonVisitorTest, TellsEveryValueItsPath) {
  Recorder recorder;
  const Status status = VisitJson(
      BytesOf(R"({"a": {"b": [1, -2, [true]], "c": "x"}, "d": null, "e": 1.5, "": {}})"), recorder);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(recorder.events,
            "{ /a{ /a/b[ /a/b/0=1 /a/b/1=-2 /a/b/2[ /a/b/2/0=true /a/b/2end /a/bend /a/c='x' /aend "
            "/d=null /e=real 1.500000 /{ /end end ");
  EXPECT_EQ(recorder.max_members, 6u);
}

TEST(JsonVisitorTest, NumbersPastInt64AreReal) {
  Recorder recorder;
  EXPECT_TRUE(VisitJson(BytesOf("[9223372036854775807, 9223372036854775808]"), recorder).ok());
  EXPECT_EQ(recorder.events, "[ /0=9223372036854775807 /1=real 9223372036854775808.000000 end ");
}

TEST(JsonVisitorTest, StopsWhereTheVisitorSaysSo) {
  Recorder recorder;
  const Status status = VisitJson(BytesOf(R"(["go", "stop", "never"])"), recorder);
  EXPECT_EQ(status.message(), "stopped");
  EXPECT_EQ(recorder.events, "[ /0='go' /1='stop' ");
}

Status Visit(const std::string& text) {
  Recorder recorder;
  return VisitJson(BytesOf(text), recorder);
}

TEST(JsonVisitorTest, SaysWhereTextIsNotJson) {
  EXPECT_EQ(Visit(R"({"a": nul})").code(), StatusCode::kCorrupt);
  EXPECT_EQ(
      Visit(R"({"a": nul})").message(),
      "not valid JSON at byte 10: parse error at line 1, column 10: syntax error while parsing "
      "value - invalid literal; last read: '\"a\": nul}'");
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "[1] 2", "\"\xFF\"", "\"\n\"", "1e999"}) {
    EXPECT_EQ(Visit(text).code(), StatusCode::kCorrupt) << text;
  }
}

TEST(JsonVisitorTest, BoundsNesting) {
  const std::string open(kMaxJsonDepth, '['), close(kMaxJsonDepth, ']');
  EXPECT_TRUE(Visit(open + close).ok());
  EXPECT_EQ(Visit("[" + open + close + "]").message(), "nested deeper than 16 levels at byte 16");
  EXPECT_TRUE(Visit("[\"" + std::string(100, '[') + "\"]").ok());
  EXPECT_TRUE(Visit(R"(["\"[[[[[[[[[[[[[[[[[["])").ok());
}

TEST(JsonVisitorTest, BoundsStringsAndRunsWithoutOne) {
  EXPECT_TRUE(Visit("[\"" + std::string(100000, 'x') + "\"]").ok());
  EXPECT_EQ(Visit("[\"" + std::string(200000, 'x') + "\"]").message(),
            "more than 131072 bytes without a new string or number after byte 1");
  EXPECT_EQ(Visit("[" + std::string(200000, ' ') + "]").code(), StatusCode::kCorrupt);
  EXPECT_EQ(Visit("[1" + std::string(200000, '0') + "]").code(), StatusCode::kCorrupt);
  std::string many = "[1";
  for (int i = 0; i < 100000; ++i) many += ", 1";
  EXPECT_TRUE(Visit(many + "]").ok());
}

}  // namespace
}  // namespace gemma4
