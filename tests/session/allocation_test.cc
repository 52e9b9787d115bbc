// Nothing is allocated while tokens are made. This program counts every `new`.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/session/test_model.h"

namespace {

std::atomic<size_t> num_allocations{0};

}  // namespace

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  num_allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size);
}
void* operator new(size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace gemma4 {
namespace {

void ExpectNoAllocationPerToken(const SamplerOptions& sampler) {
  SessionOptions options;  // no stop tokens: it goes on
  options.sampler = sampler;
  auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddUserText("Tell me a story about Mia and a cat.").ok());
  Generate(*session, 2);  // the prompt, the first token, and the first step of one row
  const size_t before = num_allocations;
  for (int i = 0; i < 40; ++i) {
    Event event;
    const bool ok = session->Step({}, &event).ok();
    if (!ok || event.kind != EventKind::kText) FAIL() << i;
  }
  EXPECT_EQ(num_allocations - before, 0u);
}

TEST(AllocationTest, GreedyStepsAllocateNothing) { ExpectNoAllocationPerToken({}); }

TEST(AllocationTest, SampledStepsAllocateNothing) {
  ExpectNoAllocationPerToken({.temperature = 1.0f, .top_k = 64, .top_p = 0.95f});
  ExpectNoAllocationPerToken({.temperature = 1.5f, .top_k = 0, .top_p = 0.5f});
  ExpectNoAllocationPerToken({.temperature = 1.0f,
                              .min_p = 0.1f,
                              .penalties = {1.25f, 0.5f, 0.5f, /*window=*/64},
                              .logit_bias = {{5, 1.0f}, {6, -1.0f}},
                              .banned_token_ids = {7}});
}

}  // namespace
}  // namespace gemma4
