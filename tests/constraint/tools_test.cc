#include "lib/constraint/tools.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/constraint/matching.h"

namespace gemma4 {
namespace {

constexpr char kTools[] = R"([
  {"type":"function","function":{"name":"get_weather","description":"Get weather","parameters":{
    "type":"object","properties":{"location":{"type":"string","description":"City name"},
    "unit":{"type":"string","enum":["c","f"]}},"required":["location"]}}},
  {"name":"now"},
  {"name":"plan.make:it","parameters":{"type":"object","properties":{
    "tags":{"type":"array","items":{"type":"string"}},
    "who":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},
           "required":["name"]},
    "n":{"type":"number"},"ok":{"type":"boolean"},"extra":{"type":"object"}}}}])";

TEST(ToolsTest, TakesACallOfAnyToolInTheModelsNotation) {
  ExpectTakes(
      Grammar::FromTools(kTools),
      {R"(<|tool_call>call:get_weather{location:<|"|>Paris<|"|>}<tool_call|>)",
       R"(<|tool_call>call:get_weather{location:<|"|>Paris<|"|>,unit:<|"|>c<|"|>}<tool_call|>)",
       R"(<|tool_call>call:get_weather{unit:<|"|>f<|"|>,location:<|"|>{a:"b"},
c<|"|>}<tool_call|>)",
       R"(<|tool_call>call:now{}<tool_call|>)",
       R"(<|tool_call>call:plan.make:it{n:1.5,ok:true,tags:[<|"|>a<|"|>,<|"|><|"|>]}<tool_call|>)",
       R"(<|tool_call>call:plan.make:it{who:{name:<|"|>x<|"|>,age:3}}<tool_call|>)",
       R"(<|tool_call>call:plan.make:it{extra:{a_b:{x:null},k:[1,[]]}}<tool_call|>)"},
      {"", R"(call:now{})", R"(<|tool_call>call:now{})", R"(<|tool_call>call:other{}<tool_call|>)",
       R"(<|tool_call>call:get_weather{}<tool_call|>)",
       R"(<|tool_call>call:get_weather{location:"Paris"}<tool_call|>)",
       R"(<|tool_call>call:get_weather{location:<|"|>Paris<|"|>, unit:<|"|>c<|"|>}<tool_call|>)",
       R"(<|tool_call>call:get_weather{location:<|"|>x<|"|>,unit:<|"|>k<|"|>}<tool_call|>)",
       R"(<|tool_call>call:get_weather{location:<|"|>x<|"|>,town:<|"|>k<|"|>}<tool_call|>)",
       R"(<|tool_call>call:now{}<tool_call|><|tool_call>call:now{}<tool_call|>)",
       R"(<|tool_call>call:now{a:1}<tool_call|>)"});
}

TEST(ToolsTest, SeveralCallsAreTakenWhereTheyMayBe) {
  ToolGrammarOptions options;
  options.max_calls = 2;
  const std::string now = "<|tool_call>call:now{}<tool_call|>";
  ExpectTakes(Grammar::FromTools(kTools, options), {now, now + now}, {"", now + now + now});
}

TEST(ToolsTest, ControlTokensAreAllowedOnlyWhereTheyBelong) {
  GrammarMatcher matcher = MatcherOf(Compiled(Grammar::FromTools(kTools)));
  const auto allowed = [&matcher] {
    std::vector<int32_t> ids;
    for (int32_t id = 0; id < static_cast<int32_t>(kFirstPieceId); ++id) {
      if (IsAllowed(matcher.AllowedTokens(), id)) ids.push_back(id);
    }
    return ids;
  };
  EXPECT_EQ(allowed(), (std::vector<int32_t>{kToolCallId}));
  ASSERT_TRUE(matcher.Accept(kToolCallId));
  EXPECT_EQ(allowed(), (std::vector<int32_t>{'c'}));
  ASSERT_TRUE(matcher.AcceptBytes("call:get_weather{location:"));
  EXPECT_EQ(allowed(), (std::vector<int32_t>{kQuoteId}));
  ASSERT_TRUE(matcher.Accept(kQuoteId));
  EXPECT_TRUE(IsAllowed(matcher.AllowedTokens(), '"'));
  EXPECT_TRUE(IsAllowed(matcher.AllowedTokens(), kQuoteId));
  EXPECT_FALSE(IsAllowed(matcher.AllowedTokens(), kEndId));
  EXPECT_FALSE(matcher.Accept(kEndId));
  ASSERT_TRUE(matcher.Accept(kQuoteId));
  EXPECT_EQ(allowed(), (std::vector<int32_t>{',', '}'}));
  ASSERT_TRUE(matcher.AcceptBytes("}"));
  EXPECT_EQ(allowed(), (std::vector<int32_t>{kToolCallEndId}));
  ASSERT_TRUE(matcher.Accept(kToolCallEndId));
  EXPECT_EQ(allowed(), (std::vector<int32_t>{kEndId}));
  ASSERT_TRUE(matcher.Accept(kEndId));
  EXPECT_TRUE(matcher.has_ended());
  EXPECT_EQ(allowed(), (std::vector<int32_t>{}));
  EXPECT_FALSE(matcher.Accept(kEndId));
}

TEST(ToolsTest, WhatIsWrongIsSaidWithItsPlace) {
  const auto wrong = [](const std::string& tools, StatusCode code, const std::string& words) {
    SCOPED_TRACE(tools);
    ExpectRefused(Grammar::FromTools(tools), code, words);
  };
  wrong("[", StatusCode::kInvalidArgument, "the list of tools: not valid JSON at byte 2");
  wrong("[]", StatusCode::kInvalidArgument, "not a list of 1");
  wrong("{}", StatusCode::kInvalidArgument, "not a list of 1");
  wrong("[{}]", StatusCode::kInvalidArgument, "tools/0 has no name");
  wrong(R"([{"name":"a b"}])", StatusCode::kInvalidArgument, "tools/0 has no name");
  wrong(R"([{"name":"a"},{"name":"a"}])", StatusCode::kInvalidArgument,
        "tools/1 has the name \"a\"");
  wrong(R"([{"name":"a","parameters":{"properties":{"x":{"not":{}}}}}])", StatusCode::kUnsupported,
        "\"not\" at tools/0/parameters/properties/x");
  wrong(R"([{"name":"a","parameters":{"properties":{"x,y":{}}}}])", StatusCode::kUnsupported,
        "which a tool call cannot hold");
  ToolGrammarOptions options;
  options.max_calls = 0;
  ExpectRefused(Grammar::FromTools(kTools, options), StatusCode::kInvalidArgument,
                "max_calls is 0");
}

TEST(ToolsTest, AVocabularyWithoutTheControlTokensIsRefused) {
  TokenIndexSource source;
  source.vocab_size = 1;
  source.bytes = [](int32_t) { return std::string_view("a"); };
  const auto index = TokenIndex::Create(source);
  ASSERT_TRUE(index.ok());
  const auto matcher = GrammarMatcher::Create(Compiled(Grammar::FromTools(kTools)), *index);
  ASSERT_FALSE(matcher.ok());
  EXPECT_EQ(matcher.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(matcher.status().message().find("the vocabulary has no <"), std::string::npos)
      << matcher.status().message();
}

}  // namespace
}  // namespace gemma4
