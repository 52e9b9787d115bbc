#include "lib/session/session.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

const char kQuestion[] = "What is the capital of France?";

std::unique_ptr<Session> Asked(const SessionOptions& options) {
  auto session = NewSession(DemoModel(), options);
  EXPECT_TRUE(session->AddUserText(kQuestion).ok());
  return session;
}

std::unique_ptr<Session> Asked() { return Asked(Greedy(*DemoModel())); }

TEST(SessionTest, TellsOfEveryPieceOfWork) {
  LoadOptions load;
  load.prefill_chunk_tokens = 8;
  const ModelPtr model = LoadModel(kDemoModelPath, load);
  auto session = NewSession(model);
  ASSERT_TRUE(session->AddUserText(kQuestion).ok());
  const size_t num_prompt = session->position();
  size_t done = 0;
  Event event;
  while (done < num_prompt) {
    ASSERT_TRUE(session->Step({}, &event).ok());
    EXPECT_EQ(event.kind, EventKind::kPrefill);
    done = std::min(done + 8, num_prompt);
    EXPECT_EQ(event.num_tokens_done, done);
    EXPECT_EQ(event.num_tokens_total, num_prompt);
    EXPECT_EQ(event.token_id, -1);
    EXPECT_EQ(session->position(), num_prompt);
  }
  size_t num_new = 0;
  for (;;) {
    ASSERT_TRUE(session->Step({}, &event).ok());
    if (event.kind == EventKind::kEnd) break;
    ASSERT_EQ(event.kind, EventKind::kText);
    EXPECT_GE(event.token_id, 0);
    EXPECT_EQ(event.end_reason, EndReason::kNone);
    EXPECT_EQ(session->position(), num_prompt + ++num_new);
  }
  EXPECT_EQ(event.end_reason, EndReason::kStopToken);
  EXPECT_EQ(event.text, "");
  EXPECT_EQ(session->position(), num_prompt + num_new);
}

TEST(SessionTest, HasNothingToDoBeforeTheFirstTokenAndAfterAStopToken) {
  auto session = NewSession(DemoModel());
  Event event;
  EXPECT_EQ(session->Step({}, &event).code(), StatusCode::kState);
  EXPECT_EQ(event.kind, EventKind::kNone);
  EXPECT_EQ(session->Logits().status().code(), StatusCode::kState);
  ASSERT_TRUE(session->AddUserText(kQuestion).ok());
  EXPECT_EQ(session->Logits().status().code(), StatusCode::kState);
  Generate(*session);
  EXPECT_EQ(session->Step({}, &event).code(), StatusCode::kState);
  EXPECT_TRUE(session->Logits().ok());
  ASSERT_TRUE(session->AddUserText(kQuestion).ok());
  EXPECT_TRUE(session->Step({}, &event).ok());
}

TEST(SessionTest, ACancelledStepChangesNothing) {
  auto whole = Asked();
  const Reply expected = Generate(*whole);

  auto session = Asked();
  CancelFlag cancel;
  Event event;
  Reply reply;
  while (reply.reason == EndReason::kNone) {
    cancel.Set();
    const size_t position = session->position();
    ASSERT_EQ(session->Step({&cancel}, &event).code(), StatusCode::kCancelled);
    EXPECT_EQ(event.kind, EventKind::kPending);
    EXPECT_EQ(event.num_tokens_done, 0u);
    EXPECT_EQ(event.num_tokens_total,
              reply.ids.empty() && position > 0 ? event.num_tokens_total : 0);
    EXPECT_EQ(session->position(), position);
    cancel.Clear();
    ASSERT_TRUE(session->Step({&cancel}, &event).ok());
    if (event.kind == EventKind::kText) reply.ids.push_back(event.token_id);
    if (event.kind == EventKind::kEnd) reply.reason = event.end_reason;
  }
  EXPECT_EQ(reply.ids, expected.ids);
  EXPECT_EQ(LogitsOf(*session), LogitsOf(*whole));
}

TEST(SessionTest, ACancelledPrefillSaysHowMuchIsDone) {
  LoadOptions load;
  load.prefill_chunk_tokens = 4;
  auto session = NewSession(LoadModel(kDemoModelPath, load));
  ASSERT_TRUE(session->AppendIds(std::vector<int32_t>(10, 30)).ok());
  Event event;
  ASSERT_TRUE(session->Step({}, &event).ok());
  CancelFlag cancel;
  cancel.Set();
  ASSERT_EQ(session->Step({&cancel}, &event).code(), StatusCode::kCancelled);
  EXPECT_EQ(event.kind, EventKind::kPending);
  EXPECT_EQ(event.num_tokens_done, 4u);
  EXPECT_EQ(event.num_tokens_total, 10u);
}

TEST(SessionTest, AGenerationGoesOnAfterItsLimit) {
  const Reply expected = Generate(*Asked());
  SessionOptions options = Greedy(*DemoModel());
  options.max_new_tokens = 3;
  auto session = Asked(options);
  std::vector<int32_t> ids;
  for (;;) {
    const Reply reply = Generate(*session);
    ids.insert(ids.end(), reply.ids.begin(), reply.ids.end());
    if (reply.reason == EndReason::kStopToken) break;
    ASSERT_EQ(reply.reason, EndReason::kMaxTokens);
    EXPECT_EQ(reply.ids.size(), 3u);
    EXPECT_EQ(reply.stop_token, -1);
  }
  EXPECT_EQ(ids, expected.ids);
}

TEST(SessionTest, AFullContextEndsTheGeneration) {
  const Reply expected = Generate(*Asked());
  SessionOptions options = Greedy(*DemoModel());
  options.max_context_tokens = Asked()->position() + 4;
  auto session = Asked(options);
  const Reply reply = Generate(*session);
  EXPECT_EQ(reply.reason, EndReason::kContextFull);
  EXPECT_EQ(reply.ids, std::vector<int32_t>(expected.ids.begin(), expected.ids.begin() + 4));
  EXPECT_EQ(session->position(), options.max_context_tokens);
  EXPECT_EQ(Generate(*session).reason, EndReason::kContextFull);  // and says so again
  EXPECT_EQ(session->AddUserText("More.").code(), StatusCode::kContextFull);
  EXPECT_TRUE(session->Prefill({}).ok());  // the last token has its place
  EXPECT_EQ(session->position(), options.max_context_tokens);
}

TEST(SessionTest, WhatDoesNotFitIsRefusedWhole) {
  SessionOptions options = Greedy(*DemoModel());
  options.max_context_tokens = 20;
  auto session = NewSession(DemoModel(), options);
  EXPECT_EQ(session->max_context_tokens(), 20u);
  const std::vector<int32_t> ids(12, 40);
  ASSERT_TRUE(session->AppendIds(ids).ok());
  for (const Status& status :
       {session->AppendIds(ids), session->Prefill(ids), session->AppendText("0123456789", {}),
        session->AddUserText(kQuestion)}) {
    EXPECT_EQ(status.code(), StatusCode::kContextFull);
    EXPECT_NE(status.message().find("max_context_tokens = 20"), std::string::npos)
        << status.message();
    EXPECT_EQ(session->position(), 12u);
  }
  EXPECT_TRUE(session->AppendIds(std::vector<int32_t>(8, 40)).ok());
}

TEST(SessionTest, IdsOutsideTheVocabularyAreRefused) {
  auto session = NewSession(DemoModel());
  const auto vocab_size = static_cast<int32_t>(DemoModel()->config().vocab_size);
  for (int32_t id : {-1, vocab_size, std::numeric_limits<int32_t>::min()}) {
    const std::vector<int32_t> ids = {5, id};
    std::vector<float> logits(2 * DemoModel()->config().vocab_size);
    EXPECT_EQ(session->AppendIds(ids).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(session->Prefill(ids).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(session->PrefillLogits(ids, logits).code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(session->position(), 0u);
  }
}

TEST(SessionTest, RoomForLogitsIsChecked) {
  auto session = NewSession(DemoModel());
  const std::vector<int32_t> ids = {2, 30, 31};
  std::vector<float> logits(3 * DemoModel()->config().vocab_size - 1);
  EXPECT_EQ(session->PrefillLogits(ids, logits).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->PrefillLogits({}, logits).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->position(), 0u);
}

TEST(SessionTest, TextThatIsNotUtf8ChangesNothing) {
  auto session = NewSession(DemoModel());
  EXPECT_EQ(session->AddUserText("caf\xe9").code(), StatusCode::kInvalidUtf8);
  EXPECT_EQ(session->AddSystemText("caf\xe9").code(), StatusCode::kInvalidUtf8);
  EXPECT_EQ(session->AppendText("caf\xe9", {.add_bos = true}).code(), StatusCode::kInvalidUtf8);
  EXPECT_EQ(session->position(), 0u);
}

TEST(SessionTest, OptionsOutOfRangeAreRefused) {
  const auto refuses = [](const SessionOptions& options, const char* name) {
    const auto session = Session::Create(DemoModel(), options);
    return session.status().code() == StatusCode::kInvalidArgument &&
           session.status().message().find(name) != std::string::npos;
  };
  SessionOptions options;
  options.max_context_tokens = DemoModel()->config().max_position_embeddings + 1;
  EXPECT_TRUE(refuses(options, "max_context_tokens"));
  options = SessionOptions();
  options.stop_token_ids = {3, 2048};
  EXPECT_TRUE(refuses(options, "stop token id 2048"));
  options = SessionOptions();
  options.sampler.temperature = std::nanf("");
  EXPECT_TRUE(refuses(options, "temperature"));
}

TEST(SessionTest, TheDefaultContextIsWhatTheModelAllowsUpTo4096) {
  EXPECT_EQ(NewSession(DemoModel())->max_context_tokens(), 4096u);
  const ModelPtr golden = LoadModel(GEMMA4_TEST_DATA_DIR "/golden/text/e2b");
  EXPECT_EQ(NewSession(golden)->max_context_tokens(),
            std::min<size_t>(4096, golden->config().max_position_embeddings));
}

TEST(SessionTest, ASeedGivesTheSameWordsAlsoAfterAResetAndBesideOthers) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = 1.5f;
  options.sampler.top_k = 64;
  options.sampler.seed = 42;
  const auto ask = [](Session& session) {
    EXPECT_TRUE(session.AddUserText("Tell me a story about Mia and a cat.").ok());
  };
  auto session = NewSession(DemoModel(), options);
  ask(*session);
  const Reply first = Generate(*session, 60);
  ASSERT_TRUE(session->Reset().ok());
  EXPECT_EQ(session->position(), 0u);
  ask(*session);
  EXPECT_EQ(Generate(*session, 60).ids, first.ids);

  auto a = NewSession(DemoModel(), options);
  auto b = NewSession(DemoModel(), options);
  ask(*a);
  ask(*b);
  std::vector<int32_t> a_ids, b_ids;
  for (size_t i = 0; i < first.ids.size() + 1; ++i) {
    for (auto [one, ids] : {std::pair{a.get(), &a_ids}, std::pair{b.get(), &b_ids}}) {
      Event event;
      ASSERT_TRUE(one->Step({}, &event).ok());
      if (event.token_id >= 0 && event.kind == EventKind::kText) ids->push_back(event.token_id);
    }
  }
  EXPECT_EQ(a_ids, first.ids);
  EXPECT_EQ(b_ids, first.ids);

  options.sampler.seed = 43;
  auto other = NewSession(DemoModel(), options);
  ask(*other);
  EXPECT_NE(Generate(*other, 60).ids, first.ids);
}

TEST(SessionTest, AModelWithoutATokenizerTakesAndGivesIds) {
  const ModelPtr golden = LoadModel(GEMMA4_TEST_DATA_DIR "/golden/text/e2b");
  auto session = NewSession(golden);
  EXPECT_EQ(session->AddUserText("Hi").code(), StatusCode::kUnsupported);
  EXPECT_EQ(session->AddSystemText("Hi").code(), StatusCode::kUnsupported);
  EXPECT_EQ(session->AppendText("Hi", {}).code(), StatusCode::kUnsupported);
  ASSERT_TRUE(session->Prefill(std::vector<int32_t>{2, 5, 7}).ok());
  const Reply reply = Generate(*session, 5);
  EXPECT_EQ(reply.ids.size(), 5u);
  EXPECT_EQ(reply.text, "");
}

}  // namespace
}  // namespace gemma4
