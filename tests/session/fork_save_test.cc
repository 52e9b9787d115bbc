// Copies of a session, and sessions that were saved, go on as the session would have.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/session/saved_session.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

SessionOptions Sampled(uint64_t seed) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = 1.2f;
  options.sampler.seed = seed;
  options.max_new_tokens = 30;
  return options;
}

// What a session tells from here on, up to and including the next two ends.
std::vector<std::string> Future(Session& session) {
  std::vector<std::string> told;
  for (int turn = 0; turn < 2; ++turn) {
    Event event;
    do {
      const Status status = session.Step({}, &event);
      if (!status.ok()) {
        told.push_back(status.message());
        break;
      }
      told.push_back(std::to_string(static_cast<int>(event.kind)) + " " +
                     std::to_string(event.token_id) + " " + std::string(event.text) + "|" +
                     std::string(event.tool_name) + std::string(event.tool_arguments) + " " +
                     std::to_string(static_cast<int>(event.end_reason)) + " " +
                     std::to_string(event.num_tokens_done) + "/" +
                     std::to_string(event.num_tokens_total));
    } while (event.kind != EventKind::kEnd);
    EXPECT_TRUE(session.AddUserText("What is 7 + 5?").ok());
  }
  return told;
}

constexpr char kTools[] = R"([{"type":"function","function":{"name":"get_weather",)"
                          R"("description":"Gets the weather of a city.",)"
                          R"("parameters":{"type":"object","properties":{"city":{"type":"string",)"
                          R"("description":"The city."}},"required":["city"]}}}])";

std::unique_ptr<Session> InTheMiddle(int scene, size_t num_steps) {
  SessionOptions options = Sampled(static_cast<uint64_t>(scene));
  if (scene == 3) options.sampler.temperature = 0.0f;
  options.stop_strings = {"The end", "zzz"};
  auto session = NewSession(DemoModel(), options);
  switch (scene) {
    case 0: EXPECT_TRUE(session->AddUserText("Tell me a story about Mia and a cat.").ok()); break;
    case 1:
      EXPECT_TRUE(session->SetThinking(true).ok());
      EXPECT_TRUE(session->AddUserText("What is 8 * 7?").ok());
      break;
    case 2: EXPECT_TRUE(session->AppendIds(Parse(*DemoModel(), "<bos>Once upon")).ok()); break;
    default:
      EXPECT_TRUE(session->SetToolsJson(kTools).ok());
      EXPECT_TRUE(session->AddUserText("What is the weather in Paris?").ok());
  }
  Event event;
  for (size_t i = 0; i < num_steps; ++i) {
    const Status status = session->Step({}, &event);
    if (status.code() == StatusCode::kState) break;  // the reply is over
    EXPECT_TRUE(status.ok()) << status.message();
  }
  return session;
}

TEST(ForkTest, ACopyGoesOnAsTheSessionDoesAndNeitherKnowsOfTheOther) {
  for (int scene = 0; scene < 4; ++scene) {
    for (size_t num_steps : {0u, 1u, 2u, 7u, 15u}) {
      const auto session = InTheMiddle(scene, num_steps);
      auto fork = session->Fork();
      ASSERT_TRUE(fork.ok()) << fork.status().message();
      const auto wanted = Future(*InTheMiddle(scene, num_steps));
      EXPECT_EQ(Future(**fork), wanted) << "scene " << scene << " after " << num_steps;
      EXPECT_EQ(Future(*session), wanted);
      EXPECT_TRUE(session->Prefill({}).ok() && (*fork)->Prefill({}).ok());
      EXPECT_EQ(LogitsOf(*session), LogitsOf(**fork));
    }
  }
}

TEST(ForkTest, ACopyOfAStepInFlightGoesOn) {
  const auto session = InTheMiddle(0, 4);
  StepOptions options;
  options.deadline = Deadline::min();
  Event event;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(session->Step(options, &event).ok());
  auto fork = session->Fork();
  ASSERT_TRUE(fork.ok());
  EXPECT_EQ(Future(**fork), Future(*session));
}

TEST(SaveTest, ARestoredSessionGoesOnAsIfNothingHadHappened) {
  for (int scene = 0; scene < 4; ++scene) {
    for (size_t num_steps : {0u, 1u, 2u, 7u, 15u}) {
      const auto session = InTheMiddle(scene, num_steps);
      const Bytes bytes = Saved(*session);
      SessionOptions options = Sampled(99);  // its draws are the saved ones from now on
      if (scene == 3) options.sampler.temperature = 0.0f;
      options.stop_strings = {"The end", "zzz"};
      const auto other = NewSession(DemoModel(), options);
      ASSERT_TRUE(other->AddUserText("Hello!").ok());
      Generate(*other, 3);
      const Status status = RestoreFrom(bytes, *other);
      ASSERT_TRUE(status.ok()) << status.message();
      EXPECT_EQ(other->position(), session->position());
      EXPECT_EQ(Future(*other), Future(*session)) << "scene " << scene << " after " << num_steps;
      EXPECT_TRUE(session->Prefill({}).ok() && other->Prefill({}).ok());
      EXPECT_EQ(LogitsOf(*other), LogitsOf(*session));
    }
  }
}

// The demo model's window is 64 tokens; it remembers by its full layers, saved and restored.
TEST(SaveTest, AWordPastTheWindowIsRemembered) {
  const auto session = NewSession(DemoModel());
  for (const char* text :
       {"Remember the word dragon.", "What is the capital of Peru?", "What is 6 + 7?"}) {
    ASSERT_TRUE(session->AddUserText(text).ok());
    Generate(*session);
  }
  EXPECT_GT(session->position(), DemoModel()->config().sliding_window);
  const auto other = NewSession(DemoModel());
  ASSERT_TRUE(RestoreFrom(Saved(*session), *other).ok());
  ASSERT_TRUE(other->AddUserText("What was the word?").ok());
  EXPECT_EQ(Generate(*other).text, "The word was dragon.");
}

TEST(SaveTest, AReplyLongerThanASlidingContextIsRestored) {
  SessionOptions options = Sampled(4);
  options.stop_token_ids.clear();
  options.max_context_tokens = 40;
  options.max_new_tokens = 70;
  options.context_full = ContextFull::kSlide;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  const auto other = NewSession(DemoModel(), options);
  Event event;
  do {
    ASSERT_TRUE(session->Step({}, &event).ok());
    const Status status = RestoreFrom(Saved(*session), *other);
    ASSERT_TRUE(status.ok()) << status.message();
  } while (event.kind != EventKind::kEnd);
  EXPECT_EQ(event.end_reason, EndReason::kMaxTokens);
}

TEST(SaveTest, AnEndTellsItsLogprobsAfterARestore) {
  SessionOptions options = Greedy(*DemoModel());
  options.num_top_logprobs = 2;
  options.stop_strings = {".zzz"};  // holds the last character back, so that the end comes later
  const auto session = NewSession(DemoModel(), options), other = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("What is the capital of France?").ok());
  Event event, restored;
  do {
    ASSERT_TRUE(session->Step({}, &event).ok());
  } while (event.kind != EventKind::kText || event.token_id >= 0);
  ASSERT_TRUE(RestoreFrom(Saved(*session), *other).ok());
  ASSERT_TRUE(session->Step({}, &event).ok() && other->Step({}, &restored).ok());
  EXPECT_EQ(event.kind, EventKind::kEnd);
  EXPECT_EQ(restored.logprob, event.logprob);
  ASSERT_EQ(restored.top_logprobs.size(), 2u);
  EXPECT_EQ(restored.top_logprobs[1].token_id, event.top_logprobs[1].token_id);
}

TEST(SaveTest, AFinishedReplyIsRestoredUnderAnyConstraint) {
  const auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  Generate(*session);
  ASSERT_TRUE(session->SetSampler({}, {.json_schema = R"({"type":"integer"})"}).ok());
  EXPECT_TRUE(RestoreFrom(Saved(*session), *session).ok());
  // In the middle of one it holds for what comes after it was set.
  ASSERT_TRUE(session->SetSampler({}, {}).ok());
  ASSERT_TRUE(session->AddUserText("Tell me a story about Mia and a cat.").ok());
  Generate(*session, 5);
  ASSERT_TRUE(session->SetSampler({}, {.grammar = "root ::= \" yes\""}).ok());
  EXPECT_TRUE(RestoreFrom(Saved(*session), *session).ok());
  EXPECT_EQ(Generate(*session).text, " yes");
}

TEST(SaveTest, BeyondTheWindowAndWithOtherSizes) {
  for (KvType type : {KvType::kF32, KvType::kF16, KvType::kInt8}) {
    SessionOptions options = Sampled(1);
    options.kv_type = type;
    const auto session = NewSession(DemoModel(), options);
    std::vector<int32_t> ids(700);
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(10 + (i * 37) % 1900);
    ASSERT_TRUE(session->Prefill(ids).ok());
    const Bytes bytes = Saved(*session);
    options.max_context_tokens = 720;
    LoadOptions load;
    load.num_threads = 1;
    load.prefill_chunk_tokens = 16;
    const auto other = NewSession(LoadModel(kDemoModelPath, load), options);
    ASSERT_TRUE(RestoreFrom(bytes, *other).ok());
    const std::vector<int32_t> more = {5, 6, 7};
    ASSERT_TRUE(session->Prefill(more).ok() && other->Prefill(more).ok());
    EXPECT_EQ(LogitsOf(*session), LogitsOf(*other));
    // The ring of the restored one may hold less: all runs again then, with the same result.
    for (size_t position : {698u, 640u, 30u}) {
      ASSERT_TRUE(session->Rewind(position).ok() && other->Rewind(position).ok());
      ASSERT_TRUE(session->Prefill(more).ok() && other->Prefill(more).ok());
      EXPECT_EQ(LogitsOf(*session), LogitsOf(*other)) << position;
    }
  }
}

TEST(SaveTest, WhatDoesNotFitIsRefusedAndNamed) {
  const auto session = InTheMiddle(0, 7);
  const Bytes bytes = Saved(*session);
  SessionOptions options = Sampled(1);
  options.max_context_tokens = 20;
  Status status = RestoreFrom(bytes, *NewSession(DemoModel(), options));
  EXPECT_EQ(status.code(), StatusCode::kContextFull);
  EXPECT_NE(status.message().find("20"), std::string::npos) << status.message();
  options = Sampled(1);
  options.kv_type = KvType::kInt8;
  status = RestoreFrom(bytes, *NewSession(DemoModel(), options));
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("kv_type"), std::string::npos) << status.message();
  LoadOptions load;
  load.num_threads = 1;
  load.arithmetic = Arithmetic::kInt4Blocks;
  status = RestoreFrom(bytes, *NewSession(LoadModel(kDemoModelPath, load), Sampled(1)));
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("another model"), std::string::npos) << status.message();
}

TEST(SaveTest, EveryCutAndEveryChangedByteIsRefusedAndChangesNothing) {
  SessionOptions options = Sampled(1);
  options.max_context_tokens = 64;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Hello!").ok());
  Generate(*session, 3);
  const Bytes bytes = Saved(*session);
  const auto other = NewSession(DemoModel(), options);
  ASSERT_TRUE(other->AddUserText("What is 2 + 2?").ok());
  Generate(*other, 2);
  const Bytes before = Saved(*other);
  const auto expect_refused = [&](const Bytes& broken, size_t where) {
    ASSERT_FALSE(RestoreFrom(broken, *other).ok()) << where;
  };
  for (size_t size = 0; size < bytes.size(); size += 97) {
    expect_refused(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)), size);
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  expect_refused(longer, longer.size());
  std::mt19937 generator(1);
  std::uniform_int_distribution<size_t> where(0, bytes.size() - 1);
  std::uniform_int_distribution<int> change(1, 255);
  Bytes broken = bytes;
  for (int i = 0; i < 5000; ++i) {
    // The first bytes are few and mean much: half of the changes are there.
    const size_t at = i % 2 == 0 ? where(generator) : where(generator) % 2000;
    const std::byte kept = broken[at];
    broken[at] ^= static_cast<std::byte>(change(generator));
    expect_refused(broken, at);
    broken[at] = kept;
  }
  EXPECT_EQ(Saved(*other), before);
  EXPECT_TRUE(RestoreFrom(bytes, *other).ok());
}

TEST(SaveTest, AStreamThatIsStoppedOrCancelledSaysSo) {
  const auto session = InTheMiddle(0, 7);
  const Bytes before = Saved(*session);
  EXPECT_EQ(session->Save([](std::span<const std::byte>) { return Status::Stopped("no"); }).code(),
            StatusCode::kStopped);
  CancelFlag cancel;
  cancel.Set();
  const auto take = [](std::span<const std::byte>) { return Status::Ok(); };
  EXPECT_EQ(session->Save(take, &cancel).code(), StatusCode::kCancelled);
  const auto give = [](std::span<std::byte>) { return Status::Ok(); };
  EXPECT_EQ(session->Restore(give, &cancel).code(), StatusCode::kCancelled);
  EXPECT_EQ(Saved(*session), before);
}

}  // namespace
}  // namespace gemma4
