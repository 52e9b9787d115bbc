// Operators of two models that share one pool of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "lib/ops/linear.h"
#include "lib/ops/pack_linear.h"
#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

// One linear layer, with weights and memory of its own.
class OneLayer {
 public:
  static constexpr size_t kIn = 192, kOut = 257, kRows = 47;  // enough for Int4BlockGemm, too

  OneLayer(LinearFormat format, uint32_t seed)
      : weight_(SeededValues(kOut * kIn, seed)), x_(SeededValues(kRows * kIn, seed + 1)) {
    x_.resize(x_.size() + 64);  // XNNPACK may read past its end
    const TensorView parts[] = {
        {"w", DataType::kF32, {kOut, kIn}, std::as_bytes(std::span(weight_))}};
    const LinearSpec spec{0, kIn, kOut, parts};
    EXPECT_TRUE(PackLinear(format, spec, {}, packed_).ok());
    auto linear = Linear::Create(packed_, format, spec);
    EXPECT_TRUE(linear.ok());
    linear_ = std::move(linear).value();
    auto scratch = LinearScratch::Create({8, kRows, kIn});
    EXPECT_TRUE(scratch.ok());
    scratch_ = std::move(scratch).value();
  }

  std::vector<float> Run(ThreadPool& pool) {
    std::vector<float> y(kRows * kOut);
    EXPECT_TRUE(linear_.Run(x_.data(), kRows, y.data(), *scratch_, pool).ok());
    return y;
  }

 private:
  std::vector<float> weight_, x_;
  PackedWeights packed_;
  Linear linear_;
  std::optional<LinearScratch> scratch_;
};

TEST(SharedPoolTest, LinearLayersOfTwoModelsGiveTheSameBitsAtOnce) {
  const auto own = MakePool(1);
  const auto shared = MakePool(3);
  for (const LinearFormat format :
       {LinearFormat::kF32, LinearFormat::kInt8Rows, LinearFormat::kInt4Blocks}) {
    OneLayer layers[2] = {{format, 21}, {format, 31}};
    std::vector<std::thread> callers;
    for (OneLayer& layer : layers) {
      callers.emplace_back([&layer, &own, &shared] {
        const std::vector<float> wanted = layer.Run(*own);
        for (int round = 0; round < 100; ++round) {
          const std::vector<float> y = layer.Run(*shared);
          ASSERT_EQ(std::memcmp(y.data(), wanted.data(), y.size() * sizeof(float)), 0)
              << "round " << round;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
}

}  // namespace
}  // namespace gemma4
