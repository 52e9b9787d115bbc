// Text and thoughts pass through without an allocation. This program counts every `new`.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "lib/text/chat/turn_parser.h"

namespace {

std::atomic<size_t> num_allocations{0};

}  // namespace

// Not inlined: GCC would see malloc and operator delete, and warn that they do not match.
__attribute__((noinline)) void* operator new(size_t size, const std::nothrow_t&) noexcept {
  num_allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size);
}
__attribute__((noinline)) void* operator new(size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace gemma4 {
namespace {

TEST(TurnParserAllocationTest, TextAndThoughtsAllocateNothingAfterTheFirstToken) {
  const TurnTokens tokens = {.begin_channel = 1, .end_channel = 2};
  TurnParser parser(tokens);
  const std::string long_token(90, '\xFF');  // 270 bytes of U+FFFD
  parser.Feed(9, "a");
  const size_t before = num_allocations;
  ASSERT_GT(before, 0u);
  size_t num_bytes = 0;
  for (int i = 0; i < 100; ++i) {
    for (const auto& [id, bytes] : {std::pair<int32_t, std::string_view>{9, " word"},
                                    {9, long_token},
                                    {1, ""},
                                    {9, "thought"},
                                    {9, "\n"},
                                    {9, "Hm.\xE2\x82"},
                                    {9, "\xAC"},
                                    {2, ""},
                                    {9, "\n\n"}}) {
      for (const TurnPiece& piece : parser.Feed(id, bytes)) num_bytes += piece.text.size();
    }
  }
  EXPECT_GT(num_bytes, 27000u);
  EXPECT_EQ(num_allocations, before);
}

}  // namespace
}  // namespace gemma4
