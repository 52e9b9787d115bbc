#include "lib/ops/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lib/ops/int4_block_gemm.h"
#include "lib/ops/pack_linear.h"
#include "lib/quant/half.h"
#include "lib/quant/int4.h"
#include "lib/quant/int8_rows.h"
#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

TensorView F32View(const std::vector<float>& values, size_t rows, size_t columns) {
  return {"w", DataType::kF32, {rows, columns}, std::as_bytes(std::span(values))};
}

// Packs the weights if `packed` has none of this id.
StatusOr<Linear> MakeLinear(PackedWeights& packed, LinearFormat format, const LinearSpec& spec) {
  format = FormatFor(format, spec.in_features);
  if (!packed.Contains(spec.id)) {
    GEMMA4_RETURN_IF_ERROR(PackLinear(format, spec, {}, packed));
  }
  return Linear::Create(packed, format, spec);
}

constexpr LinearFormat kQuantised[] = {LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                                       LinearFormat::kInt4Blocks};

struct Shape {
  size_t in, out;
};

class LinearTest : public ::testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    weight_ = SeededValues(GetParam().out * GetParam().in, 11);
    x_ = SeededValues(kRows * GetParam().in, 12);
  }

  // y of all rows at once.
  std::vector<float> RunAll(LinearFormat format, size_t threads) {
    return RunInChunks(format, threads, kRows);
  }

  std::vector<float> RunInChunks(LinearFormat format, size_t threads, size_t chunk) {
    const auto [in, out] = GetParam();
    const TensorView parts[] = {F32View(weight_, out, in)};
    auto linear = MakeLinear(packed_, format, {static_cast<size_t>(format), in, out, parts});
    EXPECT_TRUE(linear.ok());
    auto scratch = LinearScratch::Create({threads, kRows, in});
    auto pool = MakePool(threads);
    std::vector<float> y(kRows * out);
    for (size_t r = 0; r < kRows; r += chunk) {
      const size_t rows = std::min(chunk, kRows - r);
      // A copy, so that XNNPACK may read past its end.
      std::vector<float> x(x_.begin() + static_cast<ptrdiff_t>(r * in),
                           x_.begin() + static_cast<ptrdiff_t>((r + rows) * in));
      x.resize(x.size() + 64);
      EXPECT_TRUE(linear->Run(x.data(), rows, y.data() + r * out, *scratch, *pool).ok());
    }
    return y;
  }

  static constexpr size_t kRows = 47;
  PackedWeights packed_;
  std::vector<float> weight_, x_;
};

TEST_P(LinearTest, F32MatchesF64) {
  const auto [in, out] = GetParam();
  const std::vector<float> y = RunAll(LinearFormat::kF32, 2);
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t o = 0; o < out; ++o) {
      double sum = 0, magnitude = 0;
      for (size_t i = 0; i < in; ++i) {
        sum += double(x_[r * in + i]) * weight_[o * in + i];
        magnitude += std::fabs(double(x_[r * in + i]) * weight_[o * in + i]);
      }
      ASSERT_NEAR(y[r * out + o], sum, 1e-6 + 2e-6 * magnitude);
    }
  }
}

// Weights as `format` keeps them, [out, in], in f32.
std::vector<float> AsPacked(LinearFormat format, const std::vector<float>& weight, size_t out,
                            size_t in) {
  std::vector<float> packed(out * in);
  for (size_t o = 0; o < out; ++o) {
    const std::span<const float> row = std::span(weight).subspan(o * in, in);
    const std::span<float> to = std::span(packed).subspan(o * in, in);
    std::vector<uint8_t> nibbles(in / 2);
    std::vector<uint16_t> scales(in / kInt4Block);
    std::vector<int8_t> int8(in);
    float row_scale = 0;
    switch (FormatFor(format, in)) {
      case LinearFormat::kF32: std::copy(row.begin(), row.end(), to.begin()); continue;
      case LinearFormat::kInt8Rows:
        row_scale = QuantizeInt8Row(row, int8);
        for (size_t i = 0; i < in; ++i) to[i] = int8[i] * row_scale;
        continue;
      case LinearFormat::kInt4Rows: row_scale = QuantizeInt4Row(row, nibbles); break;
      case LinearFormat::kInt4Blocks: QuantizeInt4Blocks(row, nibbles, scales); break;
    }
    for (size_t i = 0; i < in; ++i) {
      const int value = (i % 2 == 0 ? nibbles[i / 2] & 15 : nibbles[i / 2] >> 4) - 8;
      const float scale = row_scale != 0 ? row_scale : Bf16ToFloat(scales[i / kInt4Block]);
      to[i] = static_cast<float>(value) * scale;
    }
  }
  return packed;
}

// Each row of x by its own minimum and maximum (with zero), asymmetric.
TEST_P(LinearTest, QuantisedFormatsMatchTheirDefinitionInF64) {
  const auto [in, out] = GetParam();
  for (LinearFormat format : kQuantised) {
    const std::vector<float> y = RunAll(format, 2);
    const std::vector<float> w = AsPacked(format, weight_, out, in);
    for (size_t o = 0; o < out; ++o) {
      for (size_t r = 0; r < kRows; ++r) {
        float low = 0, high = 0;
        for (size_t i = 0; i < in; ++i) {
          low = std::min(low, x_[r * in + i]);
          high = std::max(high, x_[r * in + i]);
        }
        const double x_scale = (double(high) - low) / 255.0;
        double sum = 0, squares = 0, largest = 0;
        for (size_t i = 0; i < in; ++i) {
          sum += double(x_[r * in + i]) * w[o * in + i];
          squares += double(w[o * in + i]) * w[o * in + i];
          largest = std::max(largest, std::fabs(double(w[o * in + i])));
        }
        // Rounding moves each activation by up to a step: at random, so errors add as squares do.
        const double allowed = 1e-5 + 2.0 * x_scale * (std::sqrt(squares) + largest);
        ASSERT_NEAR(y[r * out + o], sum, allowed) << "format " << static_cast<int>(format);
      }
    }
  }
}

TEST_P(LinearTest, ARowsBitsDependNeitherOnItsNeighboursNorOnTheThreads) {
  for (LinearFormat format : {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                              LinearFormat::kInt4Blocks}) {
    const std::vector<float> whole = RunAll(format, 1);
    // Kernels' tiles are of 1, 5, 8 or 14 rows, and whatever else there is on other CPUs.
    for (size_t chunk : {1, 2, 3, 5, 6, 8, 14, 16, 28, 41}) {
      const std::vector<float> cut = RunInChunks(format, 2, chunk);
      ASSERT_EQ(std::memcmp(whole.data(), cut.data(), whole.size() * sizeof(float)), 0) << chunk;
    }
  }
}

// 1536 x 700 has several slices of 256 KiB, which tiles of rows take one after another; 4128 x 150
// has several parts of inputs, which Int4BlockGemm takes one after another.
INSTANTIATE_TEST_SUITE_P(Shapes, LinearTest,
                         ::testing::Values(Shape{1, 1}, Shape{7, 5}, Shape{52, 74}, Shape{64, 64},
                                           Shape{333, 201}, Shape{512, 130}, Shape{1536, 700},
                                           Shape{4128, 150}));

// Where the CPU could and XNNPACK's layout is another one, results are right and prefill is slow.
TEST(Int4BlockGemmTest, IsUsedWhereTheCpuHasTheInstructions) {
  if (!CpuHasInt4BlockGemm()) GTEST_SKIP() << "this CPU lacks AVX-512 VNNI";
  auto has_gemm = Linear::HasInt4BlockGemm();
  ASSERT_TRUE(has_gemm.ok()) << has_gemm.status().message();
  EXPECT_TRUE(*has_gemm);
}

TEST(StackedLinearTest, PartsBecomeConsecutiveOutputs) {
  const std::vector<float> a = SeededValues(3 * 10, 13), b = SeededValues(2 * 10, 14);
  const TensorView parts[] = {F32View(a, 3, 10), F32View(b, 2, 10)};
  PackedWeights packed;
  auto linear = MakeLinear(packed, LinearFormat::kF32, {0, 10, 5, parts});
  ASSERT_TRUE(linear.ok());
  auto scratch = LinearScratch::Create({1, 1, 10});
  std::vector<float> x = SeededValues(10, 15), y(5);
  ASSERT_TRUE(linear->Run(x.data(), 1, y.data(), *scratch, *MakePool(1)).ok());
  float expected = 0;
  for (size_t i = 0; i < 10; ++i) expected += x[i] * b[10 + i];
  EXPECT_NEAR(y[4], expected, 1e-5f);
}

TEST(StackedLinearTest, ASecondOperatorReusesPackedWeightsWithoutTheirSource) {
  const std::vector<float> w = SeededValues(4 * 8, 16);
  const TensorView parts[] = {F32View(w, 4, 8)};
  PackedWeights packed;
  ASSERT_TRUE(MakeLinear(packed, LinearFormat::kInt8Rows, {9, 8, 4, parts}).ok());
  const size_t size_bytes = packed.size_bytes();
  auto second = MakeLinear(packed, LinearFormat::kInt8Rows, {9, 8, 4, {}});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(packed.size_bytes(), size_bytes);
}

// Layers of more than a million weights are packed in slices, by several threads.
TEST(PackLinearTest, SlicesGiveTheRowsThatLayersOfTheirOwnGive) {
  constexpr size_t kIn = 512, kOut = 5003;
  const std::vector<float> w = SeededValues(kOut * kIn, 17);
  const TensorView first = F32View(w, 2100, kIn);
  TensorView second = F32View(w, kOut - 2100, kIn);
  second.data = std::as_bytes(std::span(w)).subspan(first.num_elements() * sizeof(float));
  const TensorView both[] = {first, second};
  std::vector<float> x = SeededValues(kIn, 18);
  x.resize(kIn + 64);
  const auto pool = MakePool(2);
  auto scratch = LinearScratch::Create({2, 1, kIn});
  for (LinearFormat format : {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                              LinearFormat::kInt4Blocks}) {
    PackedWeights packed;
    const LinearSpec whole{0, kIn, kOut, both};
    ASSERT_TRUE(PackLinear(format, whole, {pool.get()}, packed).ok());
    std::vector<float> y(kOut);
    auto linear = Linear::Create(packed, format, whole);
    ASSERT_TRUE(linear->Run(x.data(), 1, y.data(), *scratch, *pool).ok());
    for (size_t begin = 0; begin + 128 <= kOut; begin += 975) {
      TensorView rows = F32View(w, 128, kIn);
      rows.data = std::as_bytes(std::span(w)).subspan(begin * kIn * sizeof(float));
      const LinearSpec part{1 + begin, kIn, 128, {&rows, 1}};
      auto alone = MakeLinear(packed, format, part);
      std::vector<float> expected(128);
      ASSERT_TRUE(alone->Run(x.data(), 1, expected.data(), *scratch, *pool).ok());
      EXPECT_TRUE(
          std::equal(expected.begin(), expected.end(), y.begin() + static_cast<ptrdiff_t>(begin)))
          << static_cast<int>(format) << " from row " << begin;
    }
  }
}

// The head runs slice by slice.
TEST(LinearSliceTest, GivesTheBitsOfTheWholeLayer) {
  constexpr size_t kIn = 96, kOut = 5 * kLinearSliceRows + 7, kRows = 40;
  const std::vector<float> w = SeededValues(kOut * kIn, 19);
  const TensorView view = F32View(w, kOut, kIn);
  std::vector<float> x = SeededValues(kRows * kIn, 20);
  x.resize(x.size() + 64);
  const auto pool = MakePool(2);
  auto scratch = LinearScratch::Create({2, kRows, kIn});
  for (LinearFormat format : {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                              LinearFormat::kInt4Blocks}) {
    PackedWeights packed;
    const LinearSpec spec{0, kIn, kOut, {&view, 1}};
    ASSERT_TRUE(PackLinear(format, spec, {}, packed).ok());
    auto whole = Linear::Create(packed, format, spec);
    for (size_t rows : {size_t{1}, kRows}) {
      std::vector<float> expected(rows * kOut);
      ASSERT_TRUE(whole->Run(x.data(), rows, expected.data(), *scratch, *pool).ok());
      for (size_t begin = 0; begin < kOut; begin += 2 * kLinearSliceRows) {
        const size_t end = std::min(kOut, begin + 2 * kLinearSliceRows);
        auto slice = Linear::CreateSlice(packed, format, spec, begin, end);
        std::vector<float> y(rows * (end - begin));
        ASSERT_TRUE(slice->Run(x.data(), rows, y.data(), *scratch, *pool).ok());
        for (size_t r = 0; r < rows; ++r) {
          ASSERT_EQ(std::memcmp(y.data() + r * (end - begin), expected.data() + r * kOut + begin,
                                (end - begin) * sizeof(float)),
                    0)
              << static_cast<int>(format) << ": row " << r << " from output " << begin;
        }
      }
    }
  }
}

// A layer reads rows that lie apart, or that are made on the way, as it reads those side by side.
TEST(LinearRowSourceTest, GivesTheBitsOfRowsSideBySide) {
  constexpr size_t kIn = 96, kOut = 70, kRows = 37, kStride = kIn + 5;
  const std::vector<float> w = SeededValues(kOut * kIn, 23);
  const TensorView view = F32View(w, kOut, kIn);
  const std::vector<float> apart = SeededValues(kRows * kStride, 24);
  const auto make = [&](size_t row, float* room) {
    std::copy_n(apart.data() + row * kStride, kIn, room);
  };
  std::vector<float> x(kRows * kIn + 64);
  for (size_t r = 0; r < kRows; ++r) make(r, x.data() + r * kIn);
  const auto pool = MakePool(2);
  auto scratch = LinearScratch::Create({2, kRows, kIn});
  for (LinearFormat format : {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                              LinearFormat::kInt4Blocks}) {
    PackedWeights packed;
    auto linear = MakeLinear(packed, format, {0, kIn, kOut, {&view, 1}});
    for (size_t rows : {size_t{1}, size_t{9}, kRows}) {
      std::vector<float> expected(rows * kOut), y(rows * kOut);
      ASSERT_TRUE(linear->Run(x.data(), rows, expected.data(), *scratch, *pool).ok());
      for (const RowSource& source : {RowSource(apart.data(), kStride), RowSource(make)}) {
        std::fill(y.begin(), y.end(), NAN);
        ASSERT_TRUE(linear->Run(source, rows, y.data(), *scratch, *pool).ok());
        EXPECT_EQ(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)), 0)
            << static_cast<int>(format) << ", rows " << rows;
      }
    }
  }
}

// What is no number comes out the same from every kernel, too.
TEST(LinearNoNumberTest, ARowsBitsDoNotDependOnItsNeighbours) {
  constexpr size_t kIn = 64, kOut = 40, kRows = 33;
  const std::vector<float> w = SeededValues(kOut * kIn, 21);
  const TensorView view = F32View(w, kOut, kIn);
  std::vector<float> x = SeededValues(kRows * kIn, 22);
  x.resize(x.size() + 64);
  x[3 * kIn + 5] = INFINITY;
  x[7 * kIn] = NAN;
  x[9 * kIn + 1] = 3e38f;
  x[9 * kIn + 2] = -3e38f;
  const auto pool = MakePool(1);
  auto scratch = LinearScratch::Create({1, kRows, kIn});
  for (LinearFormat format : kQuantised) {
    PackedWeights packed;
    auto linear = MakeLinear(packed, format, {0, kIn, kOut, {&view, 1}});
    std::vector<float> whole(kRows * kOut), cut(kRows * kOut);
    ASSERT_TRUE(linear->Run(x.data(), kRows, whole.data(), *scratch, *pool).ok());
    for (size_t r = 0; r < kRows; r += 11) {
      ASSERT_TRUE(linear->Run(x.data() + r * kIn, 11, cut.data() + r * kOut, *scratch, *pool).ok());
    }
    EXPECT_EQ(std::memcmp(whole.data(), cut.data(), whole.size() * sizeof(float)), 0)
        << static_cast<int>(format);
  }
}

TEST(PackLinearTest, ACancelledOneLeavesNothing) {
  const std::vector<float> w = SeededValues(3000 * 512, 19);
  const TensorView parts[] = {F32View(w, 3000, 512)};
  CancelFlag cancel;
  cancel.Set();
  PackedWeights packed;
  const Status status =
      PackLinear(LinearFormat::kInt8Rows, {0, 512, 3000, parts}, {nullptr, &cancel}, packed);
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_FALSE(packed.Contains(0));
}

// What memory estimates and packed files rely on.
TEST(LinearTest, ThePackedSizeIsKnownBefore) {
  for (LinearFormat format : {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Rows,
                              LinearFormat::kInt4Blocks}) {
    for (const auto& [out, in] : {std::pair<size_t, size_t>{1, 32},
                                  {15, 64},
                                  {64, 96},
                                  {75, 320},
                                  {1000, 1536},
                                  {33, 2048}}) {
      if (format == LinearFormat::kF32 && out < 64) continue;
      std::vector<float> weights(out * in, 0.5f);
      const TensorView view{"w", DataType::kF32, {out, in}, std::as_bytes(std::span(weights))};
      PackedWeights packed;
      const LinearSpec spec{.id = 0, .in_features = in, .out_features = out, .parts = {&view, 1}};
      ASSERT_TRUE(PackLinear(format, spec, {}, packed).ok());
      const auto expected = PackedSizeBytes(format, in, out);
      ASSERT_TRUE(expected.ok()) << expected.status().message();
      EXPECT_EQ(*expected, packed.Bytes(0).size()) << static_cast<int>(format) << " " << out;
    }
  }
}

}  // namespace
}  // namespace gemma4
