// Every allocation of a tokenizer's making fails once, from the first use of sentencepiece in the
// process on: what its libraries set up then has to be whole or made again.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>

#include "lib/checkpoint/open_checkpoint.h"
#include "lib/text/tokenizer.h"

namespace {

std::atomic<int64_t> num_left{-1};  // before one fails; negative: none does
std::atomic<bool> has_failed{false};

}  // namespace

// Not inlined: GCC would see malloc and operator delete, and warn that they do not match.
__attribute__((noinline)) void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (num_left.load(std::memory_order_relaxed) >= 0 && num_left.fetch_sub(1) == 0) {
    has_failed = true;
    return nullptr;
  }
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

TEST(TokenizerOutOfMemoryTest, ATokenizerIsMadeOrNot) {
  const auto checkpoint = OpenCheckpoint(GEMMA4_SOURCE_DIR "/tools/demo_model");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  std::optional<StatusOr<Tokenizer>> tokenizer;
  bool is_made = false;
  for (int64_t n = 0; n < 1000000 && !is_made; ++n) {
    has_failed = false;
    num_left = n;
    try {
      tokenizer.emplace(Tokenizer::Create(*checkpoint->vocabulary()));
    } catch (const std::bad_alloc&) {
      tokenizer.reset();
    }
    num_left = -1;
    is_made = tokenizer.has_value() && !has_failed;
    // What can do without the memory (a sort's buffer) does.
    ASSERT_TRUE(tokenizer.has_value() ? tokenizer->ok() : has_failed.load()) << "allocation " << n;
  }
  ASSERT_TRUE(is_made);
  std::vector<int32_t> ids;
  ASSERT_TRUE((*tokenizer)->Encode("What is 7 + 5?", &ids).ok());
  std::string text;
  for (const int32_t id : ids) text += (*tokenizer)->Bytes(id);
  EXPECT_EQ(text, "What is 7 + 5?");
}

}  // namespace
}  // namespace gemma4
