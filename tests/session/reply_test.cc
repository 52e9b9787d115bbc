// What a reply is told as: thoughts, tool calls, stop strings, logprobs.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

constexpr char kTools[] = R"([{"type":"function","function":{"name":"get_weather",)"
                          R"("description":"Gets the weather of a city.",)"
                          R"("parameters":{"type":"object","properties":{"city":{"type":"string",)"
                          R"("description":"The city."}},"required":["city"]}}}])";

struct Told {
  std::string text, thought, tool, arguments;
  std::vector<int32_t> ids;
  size_t num_thought_tokens = 0;
  int32_t call_id = -1;
  EndReason reason = EndReason::kNone;
};

Told Listen(Session& session) {
  Told told;
  Event event;
  do {
    const Status status = session.Step({}, &event);
    EXPECT_TRUE(status.ok()) << status.message();
    if (!status.ok()) break;
    if (event.kind == EventKind::kText) told.text += event.text;
    if (event.kind == EventKind::kThought) {
      told.thought += event.text;
      told.num_thought_tokens += event.token_id >= 0;
    }
    if (event.kind == EventKind::kToolCall) {
      told.tool = event.tool_name;
      told.arguments = event.tool_arguments;
      told.call_id = event.tool_call_id;
    }
    if (event.kind != EventKind::kEnd && event.token_id >= 0) told.ids.push_back(event.token_id);
  } while (event.kind != EventKind::kEnd);
  told.reason = event.end_reason;
  return told;
}

TEST(ReplyTest, TheModelCallsAToolAndUsesWhatItGives) {
  for (bool is_json : {true, false}) {
    const auto session = NewSession(DemoModel());
    ASSERT_TRUE(session->SetToolsJson(kTools).ok());
    ASSERT_TRUE(session->AddUserText("What is the weather in Paris?").ok());
    const Told call = Listen(*session);
    EXPECT_EQ(call.tool, "get_weather");
    EXPECT_EQ(call.arguments, R"({"city":"Paris"})");
    EXPECT_EQ(call.call_id, 0);
    EXPECT_EQ(call.reason, EndReason::kToolCalls);
    EXPECT_EQ(call.text, "");
    EXPECT_EQ(session->AddToolResult(1, "x", false).code(), StatusCode::kInvalidArgument);
    const char* result = R"({"sky": "sunny", "temperature": 21})";
    ASSERT_TRUE(session->AddToolResult(0, result, is_json).ok());
    const Told answer = Listen(*session);
    EXPECT_EQ(answer.text, "It is sunny in Paris and 21 degrees.");
    EXPECT_EQ(answer.reason, EndReason::kStopToken);
    ASSERT_TRUE(session->AddUserText("What is 7 + 5?").ok());
    EXPECT_EQ(Listen(*session).text, "7 + 5 = 12");
  }
}

TEST(ReplyTest, TheModelThinksWhenAsked) {
  const auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->SetThinking(true).ok());
  ASSERT_TRUE(session->AddUserText("What is 8 * 7?").ok());
  const Told told = Listen(*session);
  EXPECT_EQ(told.thought, "The user wants a result. I compute it: 8 * 7 = 56.\n");
  EXPECT_EQ(told.text, "8 * 7 = 56");
}

TEST(ReplyTest, AThoughtThatIsTooLongIsClosed) {
  SessionOptions options = Greedy(*DemoModel());
  options.max_thought_tokens = 5;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->SetThinking(true).ok());
  ASSERT_TRUE(session->AddUserText("What is 8 * 7?").ok());
  const Told told = Listen(*session);
  EXPECT_LE(told.num_thought_tokens, 6u);
  EXPECT_FALSE(told.text.empty());
  EXPECT_EQ(told.reason, EndReason::kStopToken);
}

TEST(ReplyTest, TheSystemTurnIsReplacedUntilAnotherBegins) {
  const auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->AddSystemText("You are Nora, a fisher near the river.").ok());
  const size_t alone = session->position();
  ASSERT_TRUE(session->SetToolsJson(kTools).ok());
  EXPECT_GT(session->position(), alone);
  ASSERT_TRUE(session->SetToolsJson("[]").ok());
  EXPECT_EQ(session->position(), alone);
  ASSERT_TRUE(session->AddUserText("What do you sell?").ok());
  EXPECT_EQ(session->SetThinking(true).code(), StatusCode::kState);
  EXPECT_EQ(session->SetToolsJson(kTools).code(), StatusCode::kState);
  EXPECT_EQ(Listen(*session).text, "I sell fish and nets.");
  const auto other = NewSession(DemoModel());
  EXPECT_EQ(other->SetToolsJson("{").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(other->SetToolsJson(R"({"a":1})").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(other->position(), 0u);
}

TEST(ReplyTest, ASystemTurnThatIsGoneIsForgotten) {
  const auto session = NewSession(DemoModel()), fresh = NewSession(DemoModel());
  ASSERT_TRUE(session->AddSystemText("You are kind.").ok());
  ASSERT_TRUE(session->SetToolsJson(kTools).ok());
  ASSERT_TRUE(session->Rewind(0).ok());
  EXPECT_TRUE(session->AddSystemText("You are rude.").ok());
  ASSERT_TRUE(fresh->AddSystemText("You are rude.").ok());
  EXPECT_EQ(session->position(), fresh->position());
  ASSERT_TRUE(session->SetIds({}).ok());
  ASSERT_TRUE(session->SetThinking(true).ok());
  const auto thinking = NewSession(DemoModel());
  ASSERT_TRUE(thinking->SetThinking(true).ok());
  EXPECT_EQ(session->position(), thinking->position());
  // It stays where its turn stays.
  ASSERT_TRUE(session->AddUserText("What is 8 * 7?").ok());
  ASSERT_TRUE(session->Rewind(thinking->position()).ok());
  EXPECT_TRUE(session->SetThinking(false).ok());
  EXPECT_EQ(session->position(), 0u);
}

TEST(ReplyTest, PicturesAreRefused) {
  const auto session = NewSession(DemoModel());
  const Status status = session->SetMessagesJson(
      R"({"messages":[{"role":"user","content":[{"type":"image"},{"type":"text","text":"?"}]}]})");
  EXPECT_EQ(status.code(), StatusCode::kUnsupported) << status.message();
}

TEST(ReplyTest, HistoryAndWholeConversationsGiveTheSameSequence) {
  const auto told = NewSession(DemoModel()), whole = NewSession(DemoModel());
  ASSERT_TRUE(told->AddSystemText("Be brief.").ok());
  ASSERT_TRUE(told->AddUserText("What is 7 + 5?").ok());
  ASSERT_TRUE(told->AddModelText("7 + 5 = 12").ok());
  ASSERT_TRUE(told->AddUserText("Hello!").ok());
  ASSERT_TRUE(whole
                  ->SetMessagesJson(
                      R"({"messages":[{"role":"system","content":"Be brief."},
                          {"role":"user","content":"What is 7 + 5?"},
                          {"role":"assistant","content":"7 + 5 = 12"},
                          {"role":"user","content":"Hello!"}],"add_generation_prompt":true})")
                  .ok());
  EXPECT_EQ(told->position(), whole->position());
  EXPECT_EQ(Listen(*told).ids, Listen(*whole).ids);
  const size_t position = whole->position();
  EXPECT_EQ(whole->SetMessagesJson(R"({"messages":[{"role":5}]})").code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(whole->position(), position);
}

TEST(ReplyTest, AStopStringEndsItAndIsNeverTold) {
  SessionOptions options = Greedy(*DemoModel());
  options.stop_strings = {"met with", "France is"};
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("What is the capital of France?").ok());
  const Told told = Listen(*session);
  EXPECT_EQ(told.text, "The capital of ");
  EXPECT_EQ(told.reason, EndReason::kStopString);
  ASSERT_TRUE(session->AddUserText("What is 7 + 5?").ok());
  EXPECT_EQ(Listen(*session).text, "7 + 5 = 12");
  options.stop_strings = {""};
  EXPECT_EQ(Session::Create(DemoModel(), options).status().code(), StatusCode::kInvalidArgument);
}

TEST(ReplyTest, LogprobsAreTheModelsOwn) {
  SessionOptions options = Greedy(*DemoModel());
  options.num_top_logprobs = 3;
  options.sampler.temperature = 1.5f;
  options.sampler.seed = 5;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Tell me a story about Mia and a cat.").ok());
  Event event;
  size_t num_told = 0;
  do {
    ASSERT_TRUE(session->Step({}, &event).ok());
    if (event.token_id < 0) continue;
    ++num_told;
    ASSERT_EQ(event.top_logprobs.size(), 3u);
    EXPECT_GE(event.top_logprobs[0].logprob, event.logprob);
    EXPECT_GE(event.top_logprobs[0].logprob, event.top_logprobs[1].logprob);
    const std::vector<float> logits = LogitsOf(*session);
    double total = 0.0;
    for (float logit : logits) total += std::exp(static_cast<double>(logit));
    EXPECT_NEAR(static_cast<double>(event.logprob),
                static_cast<double>(logits[static_cast<size_t>(event.token_id)]) - std::log(total),
                1e-5);
  } while (event.kind != EventKind::kEnd && num_told < 30);
  EXPECT_GT(num_told, 5u);
  options.num_top_logprobs = 21;
  EXPECT_EQ(Session::Create(DemoModel(), options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gemma4
