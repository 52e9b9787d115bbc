#include "lib/api/boundary.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gemma4 {
namespace {

TEST(BoundaryTest, CodesHaveTheNumbersOfTheHeader) {
  const std::vector<std::pair<StatusCode, gemma4_status>> pairs = {
      {StatusCode::kOk, GEMMA4_OK},
      {StatusCode::kInvalidArgument, GEMMA4_ERROR_INVALID_ARGUMENT},
      {StatusCode::kInvalidUtf8, GEMMA4_ERROR_INVALID_UTF8},
      {StatusCode::kOutOfMemory, GEMMA4_ERROR_OUT_OF_MEMORY},
      {StatusCode::kMemoryBudget, GEMMA4_ERROR_MEMORY_BUDGET},
      {StatusCode::kNotFound, GEMMA4_ERROR_NOT_FOUND},
      {StatusCode::kIo, GEMMA4_ERROR_IO},
      {StatusCode::kCorrupt, GEMMA4_ERROR_CORRUPT},
      {StatusCode::kUnsupported, GEMMA4_ERROR_UNSUPPORTED},
      {StatusCode::kUnsupportedCpu, GEMMA4_ERROR_UNSUPPORTED_CPU},
      {StatusCode::kContextFull, GEMMA4_ERROR_CONTEXT_FULL},
      {StatusCode::kCancelled, GEMMA4_ERROR_CANCELLED},
      {StatusCode::kStopped, GEMMA4_ERROR_STOPPED},
      {StatusCode::kBusy, GEMMA4_ERROR_BUSY},
      {StatusCode::kState, GEMMA4_ERROR_STATE},
      {StatusCode::kInternal, GEMMA4_ERROR_INTERNAL},
  };
  for (const auto& [code, number] : pairs) EXPECT_EQ(static_cast<gemma4_status>(code), number);
}

TEST(BoundaryTest, KeepsTheTextOfAnErrorAndLeavesItOnSuccess) {
  EXPECT_EQ(AtBoundary([] { return Status::Corrupt("tensor %d", 7); }), GEMMA4_ERROR_CORRUPT);
  EXPECT_STREQ(LastErrorText(), "tensor 7");
  EXPECT_EQ(AtBoundary([] { return Status::Ok(); }), GEMMA4_OK);
  EXPECT_STREQ(LastErrorText(), "tensor 7");
}

TEST(BoundaryTest, TurnsExceptionsIntoCodes) {
  EXPECT_EQ(AtBoundary([]() -> Status { throw std::bad_alloc(); }), GEMMA4_ERROR_OUT_OF_MEMORY);
  EXPECT_STREQ(LastErrorText(), "out of memory");
  EXPECT_EQ(AtBoundary([]() -> Status {
              std::vector<int>().reserve(static_cast<size_t>(-1));  // std::length_error
              return Status::Ok();
            }),
            GEMMA4_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(AtBoundary([]() -> Status { throw std::runtime_error("stray"); }),
            GEMMA4_ERROR_INTERNAL);
  EXPECT_STREQ(LastErrorText(), "stray");
  EXPECT_EQ(AtBoundary([]() -> Status { throw 1; }), GEMMA4_ERROR_INTERNAL);
}

TEST(BoundaryTest, CutsLongTextsBetweenCodePoints) {
  std::string text = "a";
  for (int i = 0; i < 2000; ++i) text += "\xc3\xa9";
  SetLastErrorText(text);
  const std::string kept = LastErrorText();
  EXPECT_EQ(kept, text.substr(0, kept.size()));
  EXPECT_GT(kept.size(), 1000u);
  EXPECT_EQ(kept.size() % 2, 1u);  // "a" and whole code points of two bytes

  char buffer[5];
  EXPECT_EQ(gemma4_last_error_copy(buffer, sizeof(buffer)), kept.size());
  EXPECT_STREQ(buffer, "a\xc3\xa9");
}

}  // namespace
}  // namespace gemma4
