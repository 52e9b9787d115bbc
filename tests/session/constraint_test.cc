// Replies that follow a schema, a grammar, or the tools.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/session/saved_session.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

constexpr char kMood[] =
    R"({"type":"object","properties":{"mood":{"enum":["calm","angry"]},)"
    R"("age":{"type":"integer","minimum":3,"maximum":99},)"
    R"("words":{"type":"array","items":{"type":"string","maxLength":12},"maxItems":3}},)"
    R"("required":["mood","age"],"additionalProperties":false})";

SessionOptions Constrained(uint64_t seed, float temperature) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = temperature;
  options.sampler.seed = seed;
  options.constraint.json_schema = kMood;
  options.max_new_tokens = 300;
  return options;
}

void ExpectValid(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(json.is_object()) << text;
  EXPECT_TRUE(json.value("mood", "") == "calm" || json.value("mood", "") == "angry") << text;
  ASSERT_TRUE(json.contains("age") && json["age"].is_number_integer()) << text;
  EXPECT_GE(json["age"].get<int64_t>(), 3);
  EXPECT_LE(json["age"].get<int64_t>(), 99);
  for (const auto& [key, value] : json.items()) {
    EXPECT_TRUE(key == "mood" || key == "age" || key == "words") << text;
  }
}

TEST(ConstraintTest, RepliesAreValidHoweverWildlyTheyAreDrawn) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto session = NewSession(DemoModel(), Constrained(seed, 1.5f));
    ASSERT_TRUE(session->AddUserText("Give me the capital of Kenya as JSON.").ok());
    const Reply reply = Generate(*session);
    EXPECT_EQ(reply.reason, EndReason::kStopToken) << reply.text;
    ExpectValid(reply.text);
    // And the next turn, too.
    ASSERT_TRUE(session->AddUserText("Hello!").ok());
    ExpectValid(Generate(*session).text);
  }
}

TEST(ConstraintTest, CopiesAndSavedSessionsGoOnInTheMiddle) {
  const auto session = NewSession(DemoModel(), Constrained(3, 1.5f));
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  Generate(*session, 6);
  const auto fork = session->Fork();
  ASSERT_TRUE(fork.ok());
  const Bytes bytes = Saved(*session);
  const auto other = NewSession(DemoModel(), Constrained(9, 1.5f));
  ASSERT_TRUE(RestoreFrom(bytes, *other).ok());
  const std::vector<int32_t> wanted = Generate(*session).ids;
  EXPECT_EQ(Generate(**fork).ids, wanted);
  EXPECT_EQ(Generate(*other).ids, wanted);
  SessionOptions strict = Constrained(9, 1.5f);
  strict.constraint.json_schema = R"({"type":"integer"})";
  EXPECT_EQ(RestoreFrom(bytes, *NewSession(DemoModel(), strict)).code(), StatusCode::kUnsupported);
}

// What a limit ended goes on, also when it was saved and restored in between.
TEST(ConstraintTest, ARestoredReplyGoesOnAfterALimit) {
  SessionOptions options = Constrained(3, 1.5f);
  options.max_new_tokens = 6;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  const Reply begun = Generate(*session);
  ASSERT_EQ(begun.reason, EndReason::kMaxTokens);
  const auto other = NewSession(DemoModel(), options);
  ASSERT_TRUE(RestoreFrom(Saved(*session), *other).ok());
  std::string rest, restored;
  for (EndReason reason = EndReason::kMaxTokens; reason == EndReason::kMaxTokens;) {
    const Reply more = Generate(*session), same = Generate(*other);
    rest += more.text;
    restored += same.text;
    reason = more.reason;
  }
  EXPECT_EQ(restored, rest);
  ExpectValid(begun.text + rest);
}

TEST(ConstraintTest, AThoughtIsFreeAndTheAnswerIsNot) {
  const auto session = NewSession(DemoModel(), Constrained(1, 0.0f));
  ASSERT_TRUE(session->SetThinking(true).ok());
  ASSERT_TRUE(session->AddUserText("What is 8 * 7?").ok());
  std::string thought, text;
  Event event;
  do {
    const Status status = session->Step({}, &event);
    ASSERT_TRUE(status.ok()) << status.message();
    (event.kind == EventKind::kThought ? thought : text) += event.text;
  } while (event.kind != EventKind::kEnd);
  EXPECT_NE(thought.find("8 * 7 = 56"), std::string::npos) << thought;
  ExpectValid(text);
}

TEST(ConstraintTest, ATokenlessEndIsTold) {
  SessionOptions options;
  options.constraint.grammar = "root ::= \"yes\" | \"no\"";
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AppendIds(Parse(*DemoModel(), "<bos>Is it?")).ok());
  const Reply reply = Generate(*session);
  EXPECT_TRUE(reply.text == "yes" || reply.text == "no") << reply.text;
  EXPECT_EQ(reply.reason, EndReason::kComplete);
}

TEST(ConstraintTest, AToolIsCalledWhetherTheModelWantsItOrNot) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = 1.5f;
  options.constraint.requires_tool_call = true;
  const auto session = NewSession(DemoModel(), options);
  const Status status = session->SetToolsJson(
      R"([{"type":"function","function":{"name":"move","description":"","parameters":)"
      R"({"type":"object","properties":{"to":{"type":"string","enum":["north","south"]},)"
      R"("steps":{"type":"integer","minimum":1,"maximum":9}},"required":["to","steps"]}}},)"
      R"({"type":"function","function":{"name":"wait","description":""}}])");
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  std::string name, arguments;
  Event event;
  do {
    ASSERT_TRUE(session->Step({}, &event).ok());
    if (event.kind == EventKind::kToolCall) {
      name = event.tool_name;
      arguments = event.tool_arguments;
    }
  } while (event.kind != EventKind::kEnd);
  EXPECT_EQ(event.end_reason, EndReason::kToolCalls);
  EXPECT_TRUE(name == "move" || name == "wait") << name;
  const auto json = nlohmann::json::parse(arguments, nullptr, false);
  EXPECT_EQ(json.contains("to") && json.contains("steps"), name == "move") << arguments;

  const auto without = NewSession(DemoModel(), options);
  ASSERT_TRUE(without->AddUserText("Hello!").ok());
  ASSERT_TRUE(without->Step({}, &event).ok());
  EXPECT_EQ(without->Step({}, &event).code(), StatusCode::kState);
}

TEST(ConstraintTest, WhatIsNoSchemaIsNamed) {
  SessionOptions options = Greedy(*DemoModel());
  options.constraint.json_schema = R"({"type":"integer","multipleOf":7})";
  Status status = Session::Create(DemoModel(), options).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("multipleOf"), std::string::npos) << status.message();
  options.constraint.grammar = "root ::= \"a\"";
  status = Session::Create(DemoModel(), options).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gemma4
