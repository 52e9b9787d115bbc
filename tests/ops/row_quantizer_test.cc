#include "lib/ops/row_quantizer.h"

#include <gtest/gtest.h>
#include <xnnpack.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lib/ops/highway_targets.h"
#include "lib/ops/initialize_kernels.h"
// Above it, highway_targets.h says which kernels there are.
#include <hwy/targets.h>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

struct Quantized {
  std::vector<int8_t> values;
  std::vector<xnn_quantization_params> params;
};

// What XNNPACK's own operator makes of the rows.
Quantized QuantizeByXnnpack(const std::vector<float>& x, size_t num_rows, size_t channels) {
  EXPECT_TRUE(InitializeKernels().ok());
  Quantized result = {
      std::vector<int8_t>(num_rows * channels + XNN_EXTRA_BYTES),
      std::vector<xnn_quantization_params>(num_rows + XNN_EXTRA_QUANTIZATION_PARAMS)};
  xnn_operator_t op = nullptr;
  EXPECT_EQ(xnn_create_convert_nc_f32_qd8(/*flags=*/0, &op), xnn_status_success);
  EXPECT_EQ(xnn_reshape_convert_nc_f32_qd8(op, num_rows, channels, channels, channels, nullptr),
            xnn_status_success);
  EXPECT_EQ(xnn_setup_convert_nc_f32_qd8(op, x.data(), result.values.data(), result.params.data()),
            xnn_status_success);
  EXPECT_EQ(xnn_run_operator(op, nullptr), xnn_status_success);
  xnn_delete_operator(op);
  result.values.resize(num_rows * channels);
  result.params.resize(num_rows);
  return result;
}

// Rows of every kind of range: about zero, to one side, only zeros, large, next to nothing.
std::vector<float> ManyRanges(size_t num_rows, size_t channels) {
  std::vector<float> x = SeededValues(num_rows * channels, 31);
  for (size_t r = 0; r < num_rows; ++r) {
    for (size_t i = r * channels; i < (r + 1) * channels; ++i) {
      switch (r % 8) {
        case 0: break;
        case 1: x[i] = std::fabs(x[i]) + 3.0f; break;
        case 2: x[i] = -std::fabs(x[i]); break;
        case 3: x[i] = r % 16 == 3 ? 0.0f : -0.0f; break;
        case 4: x[i] *= 1e30f; break;
        case 5: x[i] *= 1e-30f; break;
        case 6: x[i] = std::round(x[i] * 8.0f) / 8.0f; break;  // many lie between two steps
        case 7: x[i] += 0.01f * static_cast<float>(r); break;
      }
    }
  }
  x.resize(x.size() + XNN_EXTRA_BYTES / sizeof(float));
  return x;
}

// Each instruction set that there is a kernel for and that this CPU has, in turn.
class RowQuantizerTargetTest : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { Choose(GetParam()); }
  void TearDown() override { Choose(0); }

 private:
  static void Choose(int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().DeInit();
  }
};

TEST_P(RowQuantizerTargetTest, GivesXnnpacksBits) {
#ifndef __x86_64__
  GTEST_SKIP() << "XNNPACK may contract operations here that are two on x86-64";
#endif
  for (size_t channels : {1, 2, 15, 16, 17, 31, 64, 100, 1536, 12289}) {
    constexpr size_t kRows = 41;
    SCOPED_TRACE(channels);
    const std::vector<float> x = ManyRanges(kRows, channels);
    const Quantized expected = QuantizeByXnnpack(x, kRows, channels);
    for (size_t threads : {1, 3}) {
      const auto pool = MakePool(threads);
      auto quantizer = RowQuantizer::Create(threads, kRows, channels);
      ASSERT_TRUE(quantizer.ok());
      quantizer->Quantize(RowSource(x.data(), channels), kRows, channels, *pool);
      EXPECT_EQ(std::memcmp(quantizer->params(), expected.params.data(),
                            kRows * sizeof(xnn_quantization_params)),
                0);
      EXPECT_EQ(std::memcmp(quantizer->values(), expected.values.data(), kRows * channels), 0);

      const uint8_t* bytes =
          quantizer->QuantizeUnsigned(RowSource(x.data(), channels), kRows, channels, *pool);
      for (size_t i = 0; i < kRows * channels; ++i) ASSERT_EQ(bytes[i], expected.values[i] + 128);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, RowQuantizerTargetTest,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& test) { return hwy::TargetName(test.param); });

TEST(RowQuantizerTest, TakesRowsThatLieApartAndRowsThatAreMade) {
  constexpr size_t kRows = 9, kChannels = 1100, kStride = 1300;
  const std::vector<float> x = SeededValues(kRows * kStride, 32);
  std::vector<float> doubled(kRows * kChannels + XNN_EXTRA_BYTES);
  const auto make = [&](size_t row, float* room) {
    for (size_t i = 0; i < kChannels; ++i) room[i] = 2.0f * x[row * kStride + i];
  };
  for (size_t r = 0; r < kRows; ++r) make(r, doubled.data() + r * kChannels);
  const Quantized expected = QuantizeByXnnpack(doubled, kRows, kChannels);
  const auto pool = MakePool(2);
  auto quantizer = RowQuantizer::Create(2, kRows, kChannels);
  ASSERT_TRUE(quantizer.ok());
  quantizer->Quantize(RowSource(make), kRows, kChannels, *pool);
  EXPECT_EQ(std::memcmp(quantizer->values(), expected.values.data(), kRows * kChannels), 0);
  EXPECT_EQ(std::memcmp(quantizer->params(), expected.params.data(),
                        kRows * sizeof(xnn_quantization_params)),
            0);
  // Twice as large: the same steps.
  quantizer->Quantize(RowSource(x.data(), kStride), kRows, kChannels, *pool);
  EXPECT_EQ(std::memcmp(quantizer->values(), expected.values.data(), kRows * kChannels), 0);
}

// Infinite values and no numbers have no right answer. A row of them leaves its neighbours alone,
// and one that is no number leaves the others of its row alone, too.
TEST(RowQuantizerTest, WhatIsNoNumberStaysInItsPlace) {
  constexpr size_t kRows = 6, kChannels = 40;
  std::vector<float> x = SeededValues(kRows * kChannels, 33);
  const auto pool = MakePool(1);
  auto quantizer = RowQuantizer::Create(1, kRows, kChannels);
  ASSERT_TRUE(quantizer.ok());
  const auto quantize = [&] {
    quantizer->Quantize(RowSource(x.data(), kChannels), kRows, kChannels, *pool);
    return std::vector<int8_t>(quantizer->values(), quantizer->values() + kRows * kChannels);
  };
  std::vector<int8_t> before = quantize();
  x[1 * kChannels + 3] = INFINITY;
  x[2 * kChannels + 39] = -INFINITY;
  x[3 * kChannels] = 0.0f;
  quantize();
  const xnn_quantization_params with_zero = quantizer->params()[3];
  x[3 * kChannels] = NAN;
  x[4 * kChannels + 17] = 3e38f;
  x[4 * kChannels + 18] = -3e38f;
  std::vector<int8_t> after = quantize();
  for (size_t r : {size_t{0}, kRows - 1}) {
    EXPECT_EQ(std::memcmp(before.data() + r * kChannels, after.data() + r * kChannels, kChannels),
              0);
  }
  for (size_t r = 0; r < kRows; ++r) {
    EXPECT_GE(quantizer->params()[r].zero_point, INT8_MIN);
    EXPECT_LE(quantizer->params()[r].zero_point, INT8_MAX);
  }
  EXPECT_EQ(quantizer->params()[3].scale, with_zero.scale);
  EXPECT_EQ(quantizer->params()[3].zero_point, with_zero.zero_point);
}

}  // namespace
}  // namespace gemma4
