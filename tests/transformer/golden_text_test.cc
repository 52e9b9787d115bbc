// The references of tests/golden/text (README there): logits of every position and the greedy
// continuation, in exact arithmetic.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/transformer/expected.h"
#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

class GoldenTextTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTextTest, LogitsOfEveryPositionAreWithinTheReferencesOwnNoise) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path + "/expected.safetensors");
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<float> logits = expected.Values<float>("logits");
  const double bar = 1e-3 + 4 * expected.Metadata("f32_vs_f64_max_abs");
  EXPECT_LE(MaxDifference(model.AllLogits(ids, 512), logits), bar);
}

// Where a whole-model difference begins: the output of each layer.
TEST_P(GoldenTextTest, EveryLayersOutputIsNearTheReferences) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path + "/expected.safetensors");
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<float> states = expected.Values<float>("hidden_states");
  const size_t layer_size = ids.size() * model.config().hidden_size;
  const ptrdiff_t num_layers = static_cast<ptrdiff_t>(model.config().num_layers());
  ForwardOptions options;
  options.observer = [&](ptrdiff_t layer, std::span<const float> hidden) {
    // The reference records the last layer after the final norm, our "layer N".
    if (layer == num_layers - 1) return;
    const size_t entry = static_cast<size_t>(std::min(layer + 1, num_layers));
    const auto reference = std::span(states).subspan(entry * layer_size, layer_size);
    EXPECT_LE(MaxDifference(hidden, reference), 2e-3) << "layer " << layer;
  };
  KvCache cache = model.NewCache();
  std::vector<float> logits(ids.size() * model.config().vocab_size);
  const ChunkSequence sequence{&cache, ids, RowsRead::kAll, logits.data()};
  ASSERT_TRUE(model.transformer->Forward({&sequence, 1}, options).ok());
}

TEST_P(GoldenTextTest, GreedyContinuationIsTheReferences) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path + "/expected.safetensors");
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<int32_t> greedy = expected.Values<int32_t>("greedy_ids");
  KvCache cache = model.NewCache();
  std::vector<float> logits(model.config().vocab_size);
  std::vector<int32_t> next = ids;
  for (int32_t want : greedy) {
    const ChunkSequence sequence{&cache, next, RowsRead::kLast, logits.data()};
    ASSERT_TRUE(model.transformer->Forward({&sequence, 1}).ok());
    const auto best = std::max_element(logits.begin(), logits.end());
    next = {static_cast<int32_t>(best - logits.begin())};
    ASSERT_EQ(next[0], want);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenTextTest,
                         ::testing::Values("e2b", "e4b", "12b", "26b-a4b", "31b", "odd",
                                           "ple-no-sharing", "untied-f32"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace gemma4
