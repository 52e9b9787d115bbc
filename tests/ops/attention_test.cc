#include "lib/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

struct Case {
  size_t num_heads, num_kv_heads, head_dim, window, num_positions, ring_blocks;
};

class AttentionTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    const size_t row = c.num_kv_heads * c.head_dim;
    keys_ = SeededValues(c.num_positions * row, 21, 0.3f);
    values_ = SeededValues(c.num_positions * row, 22);
    queries_ = SeededValues(c.num_positions * c.num_heads * c.head_dim, 23, 0.5f);
    const size_t all_blocks = (c.num_positions + kKeyBlock - 1) / kKeyBlock;
    num_blocks_ = c.ring_blocks == 0 ? all_blocks : c.ring_blocks;
  }

  // Feeds the sequence `chunk` positions at a time, as the transformer does.
  std::vector<float> Run(size_t chunk, size_t threads, KvType type = KvType::kF32) {
    const Case& c = GetParam();
    auto pool = MakePool(threads);
    const size_t row = c.num_kv_heads * c.head_dim;
    const AnonymousMemory memory =
        AnonymousMemory::Reserve(KvSlabSizeBytes(type, num_blocks_, c.num_kv_heads, c.head_dim),
                                 "test")
            .value();
    const KvSlab slab = MakeKvSlab(type, num_blocks_, c.num_kv_heads, c.head_dim, memory.data());
    auto scratch = AttentionScratch::Create({.num_threads = threads,
                                             .max_rows = chunk,
                                             .max_heads = c.num_heads,
                                             .max_head_dim = c.head_dim,
                                             .max_context_tokens = c.num_positions});
    std::vector<float> out(queries_.size());
    for (size_t p = 0; p < c.num_positions; p += chunk) {
      const size_t n = std::min(chunk, c.num_positions - p);
      StoreKeysValues(slab, p, keys_.data() + p * row, values_.data() + p * row, n, *pool);
      std::vector<AttentionRow> rows;
      for (size_t i = 0; i < n; ++i) rows.push_back({&slab, p + i});
      const size_t offset = p * c.num_heads * c.head_dim;
      Attention(rows, queries_.data() + offset, c.num_heads, c.window, out.data() + offset,
                *scratch, *pool);
    }
    return out;
  }

  std::vector<double> Reference() const {
    const Case& c = GetParam();
    const size_t group = c.num_heads / c.num_kv_heads, d = c.head_dim;
    std::vector<double> out(queries_.size());
    for (size_t p = 0; p < c.num_positions; ++p) {
      for (size_t h = 0; h < c.num_heads; ++h) {
        const float* q = queries_.data() + (p * c.num_heads + h) * d;
        const size_t first = c.window == 0 || p + 1 < c.window ? 0 : p + 1 - c.window;
        std::vector<double> scores;
        double max = -HUGE_VAL, sum = 0;
        for (size_t j = first; j <= p; ++j) {
          const float* k = keys_.data() + (j * c.num_kv_heads + h / group) * d;
          double score = 0;
          for (size_t i = 0; i < d; ++i) score += double(q[i]) * k[i];
          scores.push_back(score);
          max = std::max(max, score);
        }
        for (double& score : scores) sum += score = std::exp(score - max);
        for (size_t j = first; j <= p; ++j) {
          const float* v = values_.data() + (j * c.num_kv_heads + h / group) * d;
          for (size_t i = 0; i < d; ++i) {
            out[(p * c.num_heads + h) * d + i] += scores[j - first] / sum * v[i];
          }
        }
      }
    }
    return out;
  }

  std::vector<float> keys_, values_, queries_;
  size_t num_blocks_ = 0;
};

TEST_P(AttentionTest, MatchesF64) {
  const std::vector<double> expected = Reference();
  const std::vector<float> out = Run(/*chunk=*/16, /*threads=*/2);
  for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 2e-5) << i;
}

// Keys have deviation 0.3 and queries 0.5: a score moves by about 0.15 sqrt(head_dim) times the
// relative rounding of a key, the output by that and by the rounding of a value.
TEST_P(AttentionTest, CompactTypesAreNearF64) {
  const std::vector<double> expected = Reference();
  const struct {
    KvType type;
    double allowed;
  } cases[] = {{KvType::kF16, 4e-3}, {KvType::kInt8, 6e-2}};
  for (const auto& [type, allowed] : cases) {
    const std::vector<float> out = Run(/*chunk=*/16, /*threads=*/2, type);
    for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], allowed) << i;
  }
}

TEST_P(AttentionTest, BitsDependNeitherOnTheCutNorOnTheThreads) {
  for (KvType type : {KvType::kF32, KvType::kF16, KvType::kInt8}) {
    const std::vector<float> expected = Run(16, 1, type);
    for (const auto& [chunk, threads] : {std::pair<size_t, size_t>{1, 2}, {3, 1}, {13, 2}}) {
      const std::vector<float> out = Run(chunk, threads, type);
      ASSERT_EQ(std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)), 0)
          << "chunk " << chunk << ", threads " << threads;
    }
  }
}

// Rings: window - 1 + 16 positions, in blocks of 32 and one more.
INSTANTIATE_TEST_SUITE_P(Shapes, AttentionTest,
                         ::testing::Values(Case{3, 1, 12, 5, 200, 2}, Case{8, 1, 64, 0, 1100, 0},
                                           Case{4, 2, 20, 0, 130, 0}, Case{4, 4, 16, 64, 700, 4},
                                           Case{8, 1, 32, 512, 1300, 18},
                                           Case{6, 2, 7, 33, 150, 3}));

// The last row of the longest context, in a full layer and in a sliding one, against f64: the sum
// of 262,144 weights, and a ring that came round 120 times.
TEST(AttentionRowsTest, TheLastRowOfTheLongestContextIsRight) {
  constexpr size_t kPositions = 262144, kDim = 16, kHeads = 2;
  auto pool = MakePool(2);
  const std::vector<float> keys = SeededValues(kPositions * kDim, 41, 0.3f);
  const std::vector<float> values = SeededValues(kPositions * kDim, 42);
  const std::vector<float> queries = SeededValues(kHeads * kDim, 43, 2.0f);
  auto scratch = AttentionScratch::Create({2, 1, kHeads, kDim, kPositions});
  for (size_t window : {size_t{0}, size_t{1024}}) {
    const size_t num_blocks = window == 0 ? kPositions / kKeyBlock : 68;
    const AnonymousMemory memory =
        AnonymousMemory::Reserve(KvSlabSizeBytes(KvType::kF32, num_blocks, 1, kDim), "test")
            .value();
    const KvSlab slab = MakeKvSlab(KvType::kF32, num_blocks, 1, kDim, memory.data());
    for (size_t p = 0; p < kPositions; p += 1000) {
      StoreKeysValues(slab, p, keys.data() + p * kDim, values.data() + p * kDim,
                      std::min<size_t>(1000, kPositions - p), *pool);
    }
    const AttentionRow row{&slab, kPositions - 1};
    std::vector<float> out(kHeads * kDim);
    Attention({&row, 1}, queries.data(), kHeads, window, out.data(), *scratch, *pool);
    for (size_t h = 0; h < kHeads; ++h) {
      std::vector<double> expected(kDim);
      double sum = 0;
      for (size_t j = window == 0 ? 0 : kPositions - window; j < kPositions; ++j) {
        double score = 0;
        for (size_t i = 0; i < kDim; ++i) {
          score += double(queries[h * kDim + i]) * double(keys[j * kDim + i]);
        }
        sum += std::exp(score);
        for (size_t i = 0; i < kDim; ++i)
          expected[i] += std::exp(score) * double(values[j * kDim + i]);
      }
      for (size_t i = 0; i < kDim; ++i) {
        EXPECT_NEAR(out[h * kDim + i], expected[i] / sum, 2e-6) << window << " " << h << " " << i;
      }
    }
  }
}

TEST(AttentionRowsTest, RowsOfSeveralSequencesDoNotMix) {
  const size_t d = 16;
  auto pool = MakePool(2);
  AnonymousMemory memory[2];
  KvSlab slabs[2];
  for (size_t s = 0; s < 2; ++s) {
    memory[s] = AnonymousMemory::Reserve(KvSlabSizeBytes(KvType::kF32, 1, 1, d), "test").value();
    slabs[s] = MakeKvSlab(KvType::kF32, 1, 1, d, memory[s].data());
    const std::vector<float> k = SeededValues(4 * d, 31 + static_cast<unsigned>(s));
    const std::vector<float> v = SeededValues(4 * d, 33 + static_cast<unsigned>(s));
    StoreKeysValues(slabs[s], 0, k.data(), v.data(), 4, *pool);
  }
  auto scratch = AttentionScratch::Create({1, 3, 2, d, 64});
  const std::vector<float> q = SeededValues(3 * 2 * d, 35);
  std::vector<float> together(q.size()), alone(q.size());
  const AttentionRow rows[] = {{&slabs[0], 3}, {&slabs[1], 2}, {&slabs[1], 3}};
  Attention(rows, q.data(), 2, 0, together.data(), *scratch, *pool);
  for (size_t r = 0; r < 3; ++r) {
    Attention(std::span(rows).subspan(r, 1), q.data() + r * 2 * d, 2, 0, alone.data() + r * 2 * d,
              *scratch, *pool);
  }
  EXPECT_EQ(std::memcmp(together.data(), alone.data(), q.size() * sizeof(float)), 0);
}

}  // namespace
}  // namespace gemma4
