#include "lib/base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthreadpool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <thread>
#include <vector>

namespace gemma4 {
namespace {

TEST(ThreadPoolTest, RunsEveryTaskOnceAndItsWritesAreVisibleAfterwards) {
  for (size_t threads : {1, 2, 5}) {
    auto pool = ThreadPool::Create(threads);
    ASSERT_TRUE(pool.ok());
    EXPECT_EQ((*pool)->num_threads(), threads);
    std::vector<int> counts(1000, 0);  // plain ints: a lost hand-over is a race
    for (int round = 0; round < 20; ++round) {
      (*pool)->ParallelFor(counts.size(), [&](size_t i) { counts[i] += 1; });
    }
    for (int count : counts) EXPECT_EQ(count, 20);
  }
}

// Each slot's counts are plain ints: two tasks in one slot are a race.
TEST(ThreadPoolTest, NoTwoTasksAreInOneSlot) {
  for (size_t threads : {1, 2, 5}) {
    auto pool = ThreadPool::Create(threads);
    ASSERT_TRUE(pool.ok());
    for (size_t count : {size_t{0}, size_t{1}, size_t{3}, size_t{1000}}) {
      std::vector<std::vector<int>> counts(threads, std::vector<int>(count, 0));
      std::vector<int> busy(threads, 0);
      (*pool)->ParallelForInSlots(count, [&](size_t i, size_t slot) {
        ASSERT_LT(slot, threads);
        EXPECT_EQ(busy[slot]++, 0);
        std::this_thread::yield();
        counts[slot][i] += 1;
        --busy[slot];
      });
      for (size_t i = 0; i < count; ++i) {
        int total = 0;
        for (size_t slot = 0; slot < threads; ++slot) total += counts[slot][i];
        EXPECT_EQ(total, 1) << i;
      }
    }
  }
}

TEST(ThreadPoolTest, WhatATaskThrowsComesOut) {
  for (size_t threads : {1, 4}) {
    auto pool = ThreadPool::Create(threads);
    ASSERT_TRUE(pool.ok());
    const auto task = [](size_t i) {
      if (i % 10 == 3) throw std::bad_alloc();
    };
    EXPECT_THROW((*pool)->ParallelFor(100, task), std::bad_alloc) << threads;
    std::atomic<int> total = 0;
    (*pool)->ParallelFor(100, [&](size_t) { ++total; });
    EXPECT_EQ(total, 100);
  }
}

TEST(ThreadPoolTest, CallersFromSeveralThreadsTakeTurns) {
  auto pool = ThreadPool::Create(3);
  ASSERT_TRUE(pool.ok());
  std::atomic<int> total = 0;
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        (*pool)->ParallelFor(7, [&](size_t) { ++total; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 50 * 7);
}

// Two callers use ParallelFor, two the handle, as XNNPACK does for two models of one pool.
TEST(ThreadPoolTest, ACallersTasksNeverRunBesideThoseOfAnother) {
  struct Turns {
    std::atomic<int> num_running[4] = {};
    std::atomic<int> num_beside_others = 0;
    int num_calls = 0;  // plain: turns that do not follow each other are a race

    void RunTask(int caller, size_t index, bool counts) {
      ++num_running[caller];
      for (int other = 0; other < 4; ++other) {
        if (other != caller && num_running[other] > 0) ++num_beside_others;
      }
      if (counts && index == 0) ++num_calls;
      std::this_thread::yield();
      --num_running[caller];
    }
  } turns;
  struct Call {
    Turns& turns;
    int caller;
  } calls[4] = {{turns, 0}, {turns, 1}, {turns, 2}, {turns, 3}};
  // Made last: that the bare handle hands over what its callers wrote, the sanitizer cannot see.
  auto pool = ThreadPool::Create(3);
  ASSERT_TRUE(pool.ok());
  constexpr int kRounds = 200;
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < kRounds; ++round) {
        if (c < 2) {
          (*pool)->ParallelFor(7, [&](size_t i) { turns.RunTask(c, i, true); });
        } else {
          const auto task = [](void* raw, size_t i) {
            Call* given = static_cast<Call*>(raw);
            given->turns.RunTask(given->caller, i, false);
          };
          pthreadpool_parallelize_1d((*pool)->handle(), task, &calls[c], 7, /*flags=*/0);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(turns.num_beside_others, 0);
  EXPECT_EQ(turns.num_calls, 2 * kRounds);
}

// In a child process, whose limit ends with it.
TEST(ThreadPoolTest, ThreadsThatCannotBeStartedAreAnError) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_threads = {1, 1};
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);  // root has no such limit
    if (setrlimit(RLIMIT_NPROC, &no_threads) != 0) _exit(3);
    const auto pool = ThreadPool::Create(4);
    _exit(pool.status().code() == StatusCode::kOutOfMemory ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ThreadPoolTest, ZeroMeansOneThreadPerPhysicalCore) {
  auto pool = ThreadPool::Create(0);
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ((*pool)->num_threads(), NumPhysicalCores());
  EXPECT_GE(NumPhysicalCores(), 1u);
}

}  // namespace
}  // namespace gemma4
