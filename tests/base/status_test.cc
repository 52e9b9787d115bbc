#include "lib/base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace gemma4 {
namespace {

TEST(StatusTest, FactoryFormatsAndKeepsItsCode) {
  const Status status = Status::Corrupt("tensor %s has rank %d; at most %d is allowed", "q", 9, 4);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kCorrupt);
  EXPECT_EQ(status.message(), "tensor q has rank 9; at most 4 is allowed");
}

TEST(StatusTest, MessagesAreOneLineWhateverAFileNamedThings) {
  EXPECT_EQ(Status::Corrupt("tensor %s", "a\nb\x1b[2J").message(), "tensor a?b?[2J");
}

TEST(StatusTest, PrefixKeepsTheCodeAndLeavesOkAlone) {
  const Status status = Status::Io("cannot read").WithPrefix("config.json");
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_EQ(status.message(), "config.json: cannot read");
  EXPECT_TRUE(Status::Ok().WithPrefix("x").ok());
}

StatusOr<std::unique_ptr<int>> Make(bool succeed) {
  if (!succeed) return Status::NotFound("nothing");
  return std::make_unique<int>(7);
}

StatusOr<int> Take(bool succeed) {
  GEMMA4_ASSIGN_OR_RETURN(std::unique_ptr<int> value, Make(succeed));
  return *value;
}

TEST(StatusTest, AssignOrReturnMovesTheValueOrPassesTheError) {
  EXPECT_EQ(Take(true).value(), 7);
  EXPECT_EQ(Take(false).status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace gemma4
