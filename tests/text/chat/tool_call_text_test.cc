#include "lib/text/chat/tool_call_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace gemma4 {
namespace {

// In these texts ~ stands for the token <|"|>.
std::optional<ToolCall> Parsed(std::string_view text) {
  std::string bytes;
  std::vector<size_t> quotes;
  for (const char c : text) {
    if (c == '~') {
      quotes.push_back(bytes.size());
    } else {
      bytes += c;
    }
  }
  return ParseToolCall(bytes, quotes);
}

std::string Arguments(std::string_view text) {
  const auto call = Parsed(text);
  if (!call.has_value()) return "no call";
  EXPECT_TRUE(nlohmann::json::accept(call->arguments)) << call->arguments;
  return call->arguments;
}

TEST(ToolCallTextTest, ReadsWhatTheTemplateWrites) {
  EXPECT_EQ(Parsed("call:get.the-time_2:x{}")->name, "get.the-time_2:x");
  EXPECT_EQ(Arguments("call:f{}"), "{}");
  // Spec 7.3, example 14.
  EXPECT_EQ(Arguments("call:g{l:[1,~a~],m:{k:~v~},x:1.5,y:true,z:null}"),
            R"({"l":[1,"a"],"m":{"k":"v"},"x":1.5,"y":true,"z":null})");
  EXPECT_EQ(Arguments("call:f{a:[],b:{},c:[[1],[]],d:~~}"),
            R"({"a":[],"b":{},"c":[[1],[]],"d":""})");
}

TEST(ToolCallTextTest, StringsAreRaw) {
  EXPECT_EQ(Arguments("call:f{a:~}{\",:[\n\\~,b:~<|\"|>~}"), R"({"a":"}{\",:[\n\\","b":"<|\"|>"})");
  EXPECT_EQ(Arguments("call:f{a:~\x01\x7F\xC3\xA9\xFF\xE2\x82~}"),
            "{\"a\":\"\\u0001\x7F\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"}");
}

TEST(ToolCallTextTest, NumbersKeepTheirTokens) {
  EXPECT_EQ(Arguments("call:f{a:15.0,b:-0,c:1E5,d:123456789012345678901234567890}"),
            R"({"a":15.0,"b":-0,"c":1E5,"d":123456789012345678901234567890})");
  EXPECT_EQ(Arguments(std::string_view("call:f{a:5\0x2}", 14)), R"({"a":"5\u0000x2"})");
  // What JSON does not have as a number, or no double holds, is a word.
  EXPECT_EQ(Arguments("call:f{a:007,b:+5,c:1e999,d:.5,e:1.}"),
            R"({"a":"007","b":"+5","c":"1e999","d":".5","e":"1."})");
}

TEST(ToolCallTextTest, ReadsWhatModelsGetWrong) {
  EXPECT_EQ(Arguments("call:f{\"a\": \"x\\n\\\"y\\u00e9\", ~b~ : [ 1 , true ] }"),
            "{\"a\":\"x\\n\\\"y\xC3\xA9\",\"b\":[1,true]}");
  EXPECT_EQ(Arguments("call:f{city:New York,unit: c , url:http://x/?y}"),
            R"({"city":"New York","unit":"c","url":"http://x/?y"})");
  EXPECT_EQ(Arguments("call:f{path:\"C:\\dir\"}"), R"({"path":"C:\\dir"})");
  EXPECT_EQ(Arguments("call:f{v:True,w:'a'}"), R"({"v":"True","w":"'a'"})");
  EXPECT_EQ(Arguments(" call:f {a:1} \n"), R"({"a":1})");
}

TEST(ToolCallTextTest, AnythingElseIsNoCall) {
  for (const char* text : {"",
                           "call",
                           "call:",
                           "call:f",
                           "call:{}",
                           "cal:f{}",
                           "call:f{",
                           "call:f{a",
                           "call:f{a:",
                           "call:f{a:1",
                           "call:f{a:}",
                           "call:f{a:1,}",
                           "call:f{,}",
                           "call:f{a}",
                           "call:f{a:1}}",
                           "call:f{a:1} x",
                           "call:f{a:~x}",
                           "call:f{a:x~y~}",
                           "call:f{a:[1}",
                           "call:f{a:[1,]}",
                           "call:f{a:\"x}",
                           "call:f{a:\"x\"y}",
                           "call:f g{}",
                           "call:f{a:b{}}",
                           "call:f[1]",
                           "call:f{}~",
                           "~call:f{}",
                           "call:f{a:1]",
                           "call:\xC3\xA9{}"}) {
    EXPECT_EQ(Arguments(text), "no call") << text;
  }
}

TEST(ToolCallTextTest, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return "call:f{a:" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_NE(Arguments(nested(kMaxToolCallDepth - 1)), "no call");
  EXPECT_EQ(Arguments(nested(kMaxToolCallDepth)), "no call");
  EXPECT_EQ(Arguments("call:f{a:" + std::string(1000000, '[')), "no call");
}

TEST(ToolCallTextTest, EveryPrefixIsReadOrRefused) {
  const std::string text = "call:f{a:~x,{~,b:[1,{c:null}],\"d\":-1.5e3}";
  ASSERT_NE(Arguments(text), "no call");
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(Arguments(text.substr(0, size)), "no call") << size;
  }
}

}  // namespace
}  // namespace gemma4
