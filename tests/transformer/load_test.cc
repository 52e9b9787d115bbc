#include <gtest/gtest.h>

#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    model_ = GoldenModel::Load("untied-f32", Arithmetic::kInt8);
    options_.thread_pool = model_.pool.get();
  }
  GoldenModel model_;
  TransformerOptions options_;
};

TEST_F(LoadTest, ProgressGrowsToTheTotal) {
  std::vector<uint64_t> done;
  uint64_t total = 0;
  options_.progress = [&](uint64_t done_bytes, uint64_t total_bytes) {
    done.push_back(done_bytes);
    total = total_bytes;
    return 0;
  };
  ASSERT_TRUE(Transformer::Create(*model_.checkpoint, options_).ok());
  EXPECT_GT(done.size(), model_.config().num_layers());
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), total);
}

TEST_F(LoadTest, TheProgressCallbackCanStopIt) {
  options_.progress = [](uint64_t, uint64_t) { return 1; };
  EXPECT_EQ(Transformer::Create(*model_.checkpoint, options_).status().code(),
            StatusCode::kStopped);
}

TEST_F(LoadTest, CancelStopsIt) {
  CancelFlag cancel;
  cancel.Set();
  options_.cancel = &cancel;
  EXPECT_EQ(Transformer::Create(*model_.checkpoint, options_).status().code(),
            StatusCode::kCancelled);
}

}  // namespace
}  // namespace gemma4
