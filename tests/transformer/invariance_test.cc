// The bits of a row's logits depend on its sequence alone.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

struct Case {
  const char* model;
  Arithmetic arithmetic;
};

class InvarianceTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { model_ = GoldenModel::Load(GetParam().model, GetParam().arithmetic); }

  bool SameBits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  }

  GoldenModel model_;
};

TEST_P(InvarianceTest, ChunksAndSingleStepsGiveTheSameBits) {
  const std::vector<int32_t> ids = model_.SeededIds(90, 2);
  const std::vector<float> whole = model_.AllLogits(ids, 512);
  for (size_t chunk : {1, 3, 16, 89}) {
    EXPECT_TRUE(SameBits(whole, model_.AllLogits(ids, chunk))) << "chunk " << chunk;
  }
}

TEST_P(InvarianceTest, StoppingAtTheLastOwnerOfKvChangesNothing) {
  const std::vector<int32_t> ids = model_.SeededIds(90, 3);
  const size_t vocab = model_.config().vocab_size;
  const std::vector<float> whole = model_.AllLogits(ids, 512);
  KvCache cache = model_.NewCache();
  std::vector<float> last(vocab);
  const std::span<const int32_t> all(ids);
  const ChunkSequence first{&cache, all.first(50), RowsRead::kNone};
  ASSERT_TRUE(model_.transformer->Forward({&first, 1}).ok());
  const ChunkSequence second{&cache, all.subspan(50), RowsRead::kLast, last.data()};
  ASSERT_TRUE(model_.transformer->Forward({&second, 1}).ok());
  EXPECT_TRUE(SameBits(std::span(whole).last(vocab), last));
}

TEST_P(InvarianceTest, ThreadsGiveTheSameBits) {
  const std::vector<int32_t> ids = model_.SeededIds(70, 4);
  const std::vector<float> two = model_.AllLogits(ids, 32);
  for (size_t threads : {1, 3}) {
    const GoldenModel other = GoldenModel::Load(GetParam().model, GetParam().arithmetic, threads);
    EXPECT_TRUE(SameBits(two, other.AllLogits(ids, 32))) << threads << " threads";
  }
}

// One chunk of three conversations: two prompts, one of them ending, and a single step.
TEST_P(InvarianceTest, SequencesOfOneChunkDoNotMix) {
  const size_t vocab = model_.config().vocab_size;
  const std::vector<int32_t> a = model_.SeededIds(40, 5), b = model_.SeededIds(33, 6),
                             c = model_.SeededIds(21, 7);
  KvCache caches[] = {model_.NewCache(), model_.NewCache(), model_.NewCache()};
  const ChunkSequence before{&caches[2], std::span(c).first(20), RowsRead::kNone};
  ASSERT_TRUE(model_.transformer->Forward({&before, 1}).ok());
  std::vector<float> logits(35 * vocab);
  const ChunkSequence chunk[] = {
      {&caches[0], a, RowsRead::kLast, logits.data()},
      {&caches[1], b, RowsRead::kAll, logits.data() + vocab},
      {&caches[2], std::span(c).subspan(20), RowsRead::kLast, logits.data() + 34 * vocab}};
  ASSERT_TRUE(model_.transformer->Forward(chunk).ok());
  const std::span<const float> all(logits);
  EXPECT_TRUE(
      SameBits(all.first(vocab), std::span<const float>(model_.AllLogits(a, 512)).last(vocab)));
  EXPECT_TRUE(SameBits(all.subspan(vocab, 33 * vocab), model_.AllLogits(b, 512)));
  EXPECT_TRUE(
      SameBits(all.last(vocab), std::span<const float>(model_.AllLogits(c, 512)).last(vocab)));
}

TEST_P(InvarianceTest, ACancelledPassLeavesTheCacheAsItWas) {
  const std::vector<int32_t> ids = model_.SeededIds(60, 8);
  const size_t vocab = model_.config().vocab_size;
  const std::vector<float> whole = model_.AllLogits(ids, 512);
  KvCache cache = model_.NewCache();
  std::vector<float> last(vocab);
  const ChunkSequence first{&cache, std::span(ids).first(30), RowsRead::kNone};
  ASSERT_TRUE(model_.transformer->Forward({&first, 1}).ok());
  CancelFlag cancel;
  ForwardOptions options;
  options.cancel = &cancel;
  // Cancelled in the middle: layer 1 has stored other K/V at the positions to come.
  options.observer = [&](ptrdiff_t layer, std::span<const float>) {
    if (layer == 1) cancel.Set();
  };
  const std::vector<int32_t> other = model_.SeededIds(30, 9);
  const ChunkSequence cancelled{&cache, other, RowsRead::kLast, last.data()};
  EXPECT_EQ(model_.transformer->Forward({&cancelled, 1}, options).code(), StatusCode::kCancelled);
  EXPECT_EQ(cache.num_tokens(), 30u);
  const ChunkSequence second{&cache, std::span(ids).subspan(30), RowsRead::kLast, last.data()};
  ASSERT_TRUE(model_.transformer->Forward({&second, 1}).ok());
  EXPECT_TRUE(SameBits(std::span(whole).last(vocab), last));
}

// A deadline that has passed lets each call do one stage.
TEST_P(InvarianceTest, PausedAfterEveryStageGivesTheSameBits) {
  const std::vector<int32_t> ids = model_.SeededIds(40, 12);
  const size_t vocab = model_.config().vocab_size;
  const std::vector<float> whole = model_.AllLogits(ids, 512);
  KvCache cache = model_.NewCache();
  std::vector<float> logits(ids.size() * vocab);
  ForwardOptions options;
  options.deadline = Deadline::min();
  RowsInFlight in_flight;
  size_t num_calls = 0;
  const auto run = [&](std::span<const int32_t> rows, RowsRead read, float* out) {
    const ChunkSequence sequence{&cache, rows, read, out, nullptr, &in_flight};
    for (;; ++num_calls) {
      const size_t before = cache.num_tokens();
      const StatusOr<bool> done = model_.transformer->RunUntil({&sequence, 1}, options);
      ASSERT_TRUE(done.ok()) << done.status().message();
      if (*done) break;
      ASSERT_EQ(cache.num_tokens(), before);
      ASSERT_FALSE(in_flight.empty());
    }
    ASSERT_TRUE(in_flight.empty());
  };
  run(std::span(ids).first(10), RowsRead::kNone, nullptr);
  run(std::span(ids).subspan(10, 20), RowsRead::kLast, logits.data() + 29 * vocab);
  run(std::span(ids).subspan(30), RowsRead::kAll, logits.data() + 30 * vocab);
  EXPECT_GT(num_calls, 3 * model_.config().num_layers());
  EXPECT_TRUE(
      SameBits(std::span(whole).subspan(29 * vocab), std::span(logits).subspan(29 * vocab)));
}

TEST_P(InvarianceTest, RowsThatAreBehindCatchUp) {
  const size_t vocab = model_.config().vocab_size;
  const std::vector<int32_t> ids[] = {model_.SeededIds(20, 13), model_.SeededIds(5, 14),
                                      model_.SeededIds(1, 15)};
  KvCache caches[] = {model_.NewCache(), model_.NewCache(), model_.NewCache()};
  RowsInFlight in_flight[3];
  std::vector<float> logits[3];
  std::vector<ChunkSequence> chunk;
  for (size_t i = 0; i < 3; ++i) {
    logits[i].resize(vocab);
    chunk.push_back(
        {&caches[i], ids[i], RowsRead::kLast, logits[i].data(), nullptr, &in_flight[i]});
  }
  ForwardOptions options;
  options.deadline = Deadline::min();
  const auto run = [&](size_t first, size_t count) {
    const auto done = model_.transformer->RunUntil(std::span(chunk).subspan(first, count), options);
    EXPECT_TRUE(done.ok()) << done.status().message();
    return done.ok() && *done;
  };
  // One, then two, then three of them, each joining some stages late.
  for (size_t i = 0; i < 7; ++i) ASSERT_FALSE(run(0, 1));
  for (size_t i = 0; i < 4; ++i) ASSERT_FALSE(run(0, 2));
  for (size_t i = 0; i < 2; ++i) ASSERT_FALSE(run(1, 1));
  while (!run(0, 3)) {
  }
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(caches[i].num_tokens(), ids[i].size());
    EXPECT_TRUE(
        SameBits(std::span<const float>(model_.AllLogits(ids[i], 512)).last(vocab), logits[i]))
        << "sequence " << i;
  }
}

TEST_P(InvarianceTest, TwoThreadsComputeAtOnceWithTheSameBits) {
  const std::vector<int32_t> a = model_.SeededIds(50, 10), b = model_.SeededIds(50, 11);
  const std::vector<float> a_alone = model_.AllLogits(a, 16), b_alone = model_.AllLogits(b, 16);
  std::vector<float> a_together, b_together;
  std::thread thread([&] { a_together = model_.AllLogits(a, 16); });
  b_together = model_.AllLogits(b, 16);
  thread.join();
  EXPECT_TRUE(SameBits(a_alone, a_together));
  EXPECT_TRUE(SameBits(b_alone, b_together));
}

INSTANTIATE_TEST_SUITE_P(
    Models, InvarianceTest,
    ::testing::Values(Case{"e2b", Arithmetic::kExact}, Case{"26b-a4b", Arithmetic::kExact},
                      Case{"26b-a4b", Arithmetic::kInt8}, Case{"e2b", Arithmetic::kInt8},
                      Case{"31b", Arithmetic::kInt8}, Case{"odd", Arithmetic::kExact},
                      Case{"odd", Arithmetic::kInt8}));

}  // namespace
}  // namespace gemma4
