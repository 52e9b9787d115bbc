// Sessions that step together, or with little time, say what each says alone.
#include "lib/session/step_many.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

using SessionPtr = std::unique_ptr<Session>;

SessionOptions Sampled(uint64_t seed) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = 1.0f;
  options.sampler.seed = seed;
  options.max_new_tokens = 24;
  return options;
}

const char* const kQuestions[] = {"What is the capital of France?",
                                  "Tell me a story about Mia and a cat.",
                                  "What is 7 + 5?",
                                  "Count from 3 to 9.",
                                  "Write a haiku.",
                                  "Hello!"};

SessionPtr Asked(size_t index) {
  SessionPtr session = NewSession(DemoModel(), Sampled(index));
  EXPECT_TRUE(session->AddUserText(kQuestions[index % std::size(kQuestions)]).ok());
  return session;
}

std::vector<Session*> Pointers(const std::vector<SessionPtr>& sessions) {
  std::vector<Session*> pointers;
  for (const SessionPtr& session : sessions) pointers.push_back(session.get());
  return pointers;
}

// Steps all until each has ended; those that have are left out. `options` is made for each call.
template <typename Options>
std::vector<Reply> GenerateTogether(const std::vector<SessionPtr>& sessions, Options options) {
  std::vector<Reply> replies(sessions.size());
  StepMany step_many;
  for (size_t call = 0;; ++call) {
    std::vector<Session*> left;
    std::vector<size_t> indices;
    for (size_t i = 0; i < sessions.size(); ++i) {
      // Sessions join one after the other.
      if (replies[i].reason != EndReason::kNone || i > call) continue;
      left.push_back(sessions[i].get());
      indices.push_back(i);
    }
    if (left.empty()) return replies;
    std::vector<Event> events(left.size());
    std::vector<Status> results(left.size());
    EXPECT_TRUE(step_many.Run(left, options(), events, results).ok());
    for (size_t e = 0; e < left.size(); ++e) {
      EXPECT_TRUE(results[e].ok()) << results[e].message();
      Reply& reply = replies[indices[e]];
      if (events[e].kind == EventKind::kText) {
        reply.text += events[e].text;
        if (events[e].token_id >= 0) reply.ids.push_back(events[e].token_id);
      }
      if (events[e].kind == EventKind::kEnd) reply.reason = events[e].end_reason;
    }
  }
}

void ExpectAsAlone(const std::vector<SessionPtr>& sessions, const std::vector<Reply>& replies) {
  for (size_t i = 0; i < sessions.size(); ++i) {
    const SessionPtr alone = Asked(i);
    const Reply wanted = Generate(*alone);
    EXPECT_EQ(replies[i].ids, wanted.ids) << "session " << i;
    EXPECT_EQ(replies[i].text, wanted.text);
    EXPECT_EQ(replies[i].reason, wanted.reason);
    EXPECT_EQ(LogitsOf(*sessions[i]), LogitsOf(*alone)) << "session " << i;
  }
}

TEST(StepManyTest, SessionsSayTogetherWhatTheySayAlone) {
  std::vector<SessionPtr> sessions;
  for (size_t i = 0; i < 7; ++i) sessions.push_back(Asked(i));
  ExpectAsAlone(sessions, GenerateTogether(sessions, [] { return StepOptions(); }));
}

TEST(StepManyTest, ATimeThatIsAlwaysSpentChangesNoWord) {
  std::vector<SessionPtr> sessions;
  for (size_t i = 0; i < 4; ++i) sessions.push_back(Asked(i));
  const auto replies = GenerateTogether(sessions, [] {
    StepOptions options;
    options.deadline = Deadline::min();
    return options;
  });
  ExpectAsAlone(sessions, replies);
}

TEST(StepManyTest, OneSessionWithLittleTimeIsPendingUntilItHasSomething) {
  const SessionPtr session = Asked(1), alone = Asked(1);
  StepOptions options;
  options.deadline = Deadline::min();
  Reply reply;
  size_t num_pending = 0;
  while (reply.reason == EndReason::kNone) {
    Event event;
    ASSERT_TRUE(session->Step(options, &event).ok());
    if (event.kind == EventKind::kPending) ++num_pending;
    if (event.kind == EventKind::kPrefill) {
      EXPECT_LE(event.num_tokens_done, event.num_tokens_total);
    }
    if (event.token_id >= 0 && event.kind == EventKind::kText) reply.ids.push_back(event.token_id);
    reply.reason = event.end_reason;
  }
  const Reply wanted = Generate(*alone);
  EXPECT_EQ(reply.ids, wanted.ids);
  EXPECT_GT(num_pending, 10 * wanted.ids.size());
}

// Rows of a prompt that nobody reads are done before the last layer: those that were run to meet
// others further on must not begin again with each call.
TEST(StepManyTest, APromptMeetsATokenAtAnyStage) {
  StepOptions little;
  little.deadline = Deadline::min();
  for (size_t num_calls_ahead = 1; num_calls_ahead < 40; ++num_calls_ahead) {
    SessionPtr ahead = Asked(0), behind = Asked(1);
    Event event;
    while (event.kind != EventKind::kText) ASSERT_TRUE(ahead->Step(StepOptions(), &event).ok());
    StepMany step_many;
    std::vector<Session*> sessions = {ahead.get()};
    std::vector<Event> events(2);
    std::vector<Status> results(2);
    for (size_t call = 0; call < num_calls_ahead; ++call) {
      ASSERT_TRUE(
          step_many.Run(sessions, little, std::span(events).first(1), std::span(results).first(1))
              .ok());
    }
    sessions.push_back(behind.get());
    size_t call = 0;
    for (; call < 1000 && events[1].kind != EventKind::kText; ++call) {
      ASSERT_TRUE(step_many.Run(sessions, little, events, results).ok());
      if (events[0].kind == EventKind::kEnd) sessions.erase(sessions.begin());
      ASSERT_EQ(sessions.size(), 2u);
    }
    ASSERT_LT(call, 1000u) << "after " << num_calls_ahead << " calls";
  }
}

TEST(StepManyTest, WhatChangesASessionInFlightIsNotLost) {
  const SessionPtr session = Asked(0), alone = Asked(0);
  StepOptions options;
  options.deadline = Deadline::min();
  Event event;
  for (size_t i = 0; i < 5; ++i) ASSERT_TRUE(session->Step(options, &event).ok());
  EXPECT_EQ(event.kind, EventKind::kPending);
  const std::vector<int32_t> more = {5, 6, 7};
  ASSERT_TRUE(session->AppendIds(more).ok());
  ASSERT_TRUE(alone->AppendIds(more).ok());
  EXPECT_EQ(Generate(*session).ids, Generate(*alone).ids);
}

TEST(StepManyTest, OneSessionsErrorIsNothingToTheOthers) {
  std::vector<SessionPtr> sessions;
  sessions.push_back(Asked(0));
  sessions.push_back(NewSession(DemoModel()));  // empty
  sessions.push_back(Asked(2));
  StepMany step_many;
  std::vector<Event> events(3);
  std::vector<Status> results(3);
  ASSERT_TRUE(step_many.Run(Pointers(sessions), {}, events, results).ok());
  EXPECT_EQ(events[0].kind, EventKind::kPrefill);
  EXPECT_EQ(results[1].code(), StatusCode::kState);
  EXPECT_EQ(events[2].kind, EventKind::kPrefill);
}

TEST(StepManyTest, AGroupThatCannotBeIsRefusedAndNothingChanges) {
  const SessionPtr one = Asked(0);
  LoadOptions options;
  options.num_threads = 1;
  const SessionPtr other = NewSession(LoadModel(kDemoModelPath, options));
  StepMany step_many;
  std::vector<Event> events(2);
  std::vector<Status> results(2);
  std::vector<Session*> twice = {one.get(), one.get()}, models = {one.get(), other.get()};
  EXPECT_EQ(step_many.Run(twice, {}, events, results).code(), StatusCode::kBusy);
  EXPECT_EQ(step_many.Run(models, {}, events, results).code(), StatusCode::kInvalidArgument);
  Event event;
  EXPECT_TRUE(one->Step({}, &event).ok());
  CancelFlag cancel;
  cancel.Set();
  std::vector<Session*> alone = {one.get()};
  EXPECT_EQ(step_many.Run(alone, {&cancel}, events, results).code(), StatusCode::kCancelled);
  EXPECT_EQ(events[0].kind, EventKind::kPending);
  EXPECT_EQ(Generate(*one).ids, Generate(*Asked(0)).ids);
}

TEST(StepManyTest, APositionIsRightAfterASlide) {
  SessionOptions options = Sampled(1);
  options.max_context_tokens = 60;
  options.max_new_tokens = 0;
  options.stop_token_ids.clear();
  options.context_full = ContextFull::kSlide;
  const SessionPtr session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Tell me a story about Mia and a cat.").ok());
  StepMany step_many;
  std::vector<Session*> group = {session.get()};
  std::vector<Event> events(1);
  std::vector<Status> results(1);
  for (int call = 0; call < 100 && events[0].kind != EventKind::kContextSlid; ++call) {
    ASSERT_TRUE(step_many.Run(group, {}, events, results).ok() && results[0].ok());
  }
  ASSERT_EQ(events[0].kind, EventKind::kContextSlid);
  EXPECT_EQ(session->position(), 60 - events[0].num_tokens_dropped);
  EXPECT_TRUE(session->Rewind(session->position()).ok());
}

// Prompts that are longer than a pass share its rows.
TEST(StepManyTest, PromptsShareThePass) {
  LoadOptions options;
  options.num_threads = 1;
  options.prefill_chunk_tokens = 20;
  const ModelPtr model = LoadModel(kDemoModelPath, options);
  std::vector<SessionPtr> sessions;
  std::vector<int32_t> ids(50);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(40 + 7 * i);
  for (size_t i = 0; i < 3; ++i) {
    sessions.push_back(NewSession(model));
    ASSERT_TRUE(sessions.back()->AppendIds(std::span(ids).first(i == 0 ? 8 : 50)).ok());
  }
  StepMany step_many;
  std::vector<Event> events(3);
  std::vector<Status> results(3);
  ASSERT_TRUE(step_many.Run(Pointers(sessions), {}, events, results).ok());
  EXPECT_EQ(events[0].num_tokens_done, 6u);
  EXPECT_EQ(events[1].num_tokens_done, 7u);
  EXPECT_EQ(events[2].num_tokens_done, 7u);
  for (int call = 0; call < 10; ++call) {
    ASSERT_TRUE(step_many.Run(Pointers(sessions), {}, events, results).ok());
  }
  const SessionPtr alone = NewSession(DemoModel());
  ASSERT_TRUE(alone->Prefill(ids).ok());
  ASSERT_TRUE(sessions[1]->Rewind(50).ok() && sessions[1]->Prefill({}).ok());
  EXPECT_EQ(LogitsOf(*sessions[1]), LogitsOf(*alone));
}

}  // namespace
}  // namespace gemma4
