// What threads may and may not do with sessions.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "lib/session/busy_lock.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

TEST(BusyLockTest, TurnsTheSecondOneAwayUntilTheFirstIsGone) {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  {
    BusyLock first(busy);
    EXPECT_TRUE(first.is_held());
    BusyLock second(busy);
    EXPECT_FALSE(second.is_held());
  }
  EXPECT_TRUE(BusyLock(busy).is_held());
}

// One thread works; the other asks for everything until it was turned away everywhere.
TEST(SessionThreadsTest, ASecondThreadIsTurnedAwayAndHarmsNothing) {
  const std::vector<int32_t> prompt(600, 40);
  auto alone = NewSession(DemoModel());
  ASSERT_TRUE(alone->Prefill(prompt).ok());

  auto session = NewSession(DemoModel());
  std::atomic<bool> done{false};
  size_t num_prefills = 0;
  std::thread other([&] {
    Event event;
    const auto wait_for_busy = [](auto&& call) {
      while (call().code() != StatusCode::kBusy) std::this_thread::yield();
    };
    wait_for_busy([&] { return session->Logits().status(); });
    wait_for_busy([&] { return session->AppendIds({}); });
    wait_for_busy([&] { return session->AppendText("", {}); });
    EXPECT_LE(session->position(), prompt.size());
    done = true;
  });
  while (!done) {
    Status status = session->Reset();
    if (status.ok()) status = session->Prefill(prompt);
    EXPECT_TRUE(status.ok() || status.code() == StatusCode::kBusy) << status.message();
    num_prefills += status.ok();
  }
  other.join();
  ASSERT_TRUE(session->Reset().ok());
  ASSERT_TRUE(session->Prefill(prompt).ok());
  EXPECT_EQ(LogitsOf(*session), LogitsOf(*alone));
}

TEST(SessionThreadsTest, SessionsOfOneModelRunBesideEachOther) {
  auto alone = NewSession(DemoModel());
  ASSERT_TRUE(alone->AddUserText("What is 7 + 5?").ok());
  const Reply expected = Generate(*alone);
  std::vector<std::thread> threads;
  std::vector<Reply> replies(3);
  for (Reply& reply : replies) {
    threads.emplace_back([&reply] {
      auto session = NewSession(DemoModel());
      EXPECT_TRUE(session->AddUserText("What is 7 + 5?").ok());
      reply = Generate(*session);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Reply& reply : replies) EXPECT_EQ(reply.ids, expected.ids);
}

// A session may move between threads as long as they take turns.
TEST(SessionThreadsTest, ASessionMayMoveToAnotherThread) {
  auto alone = NewSession(DemoModel());
  ASSERT_TRUE(alone->AddUserText("What is 7 + 5?").ok());
  const Reply expected = Generate(*alone);
  auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->AddUserText("What is 7 + 5?").ok());
  std::vector<int32_t> ids;
  for (bool ended = false; !ended;) {
    std::thread([&] {
      Event event;
      ASSERT_TRUE(session->Step({}, &event).ok());
      if (event.kind == EventKind::kText) ids.push_back(event.token_id);
      ended = event.kind == EventKind::kEnd;
    }).join();
  }
  EXPECT_EQ(ids, expected.ids);
}

TEST(SessionThreadsTest, AnotherThreadCancels) {
  auto session = NewSession(DemoModel());
  CancelFlag cancel;
  std::atomic<bool> started{false};
  std::thread other([&] {
    while (!started) std::this_thread::yield();
    cancel.Set();
  });
  Status status;
  while (status.ok()) {
    ASSERT_TRUE(session->Reset().ok());
    ASSERT_TRUE(session->AppendIds(std::vector<int32_t>(600, 40)).ok());
    started = true;
    Event event;
    status = session->Step({&cancel}, &event);
  }
  other.join();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_EQ(session->position(), 600u);
}

}  // namespace
}  // namespace gemma4
