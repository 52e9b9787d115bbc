// The references of tests/golden/gguf: files of llama.cpp's own converter, and what exact
// arithmetic makes of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/transformer/expected.h"
#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

const std::string kFolder = std::string(GEMMA4_TEST_DATA_DIR) + "/golden/gguf/";

class GoldenGgufTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenGgufTest, LogitsAndGreedyContinuationAreTheReferences) {
  const GoldenModel model =
      GoldenModel::LoadPath(kFolder + GetParam() + ".gguf", Arithmetic::kExact);
  const Expected expected(kFolder + GetParam() + ".expected.safetensors");
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<float> logits = expected.Values<float>("logits");
  EXPECT_LE(MaxDifference(model.AllLogits(ids, 512), logits), 5e-3);

  KvCache cache = model.NewCache();
  std::vector<float> last(model.config().vocab_size);
  std::vector<int32_t> next = ids;
  for (int32_t want : expected.Values<int32_t>("greedy_ids")) {
    const ChunkSequence sequence{&cache, next, RowsRead::kLast, last.data()};
    ASSERT_TRUE(model.transformer->Forward({&sequence, 1}).ok());
    next = {static_cast<int32_t>(std::max_element(last.begin(), last.end()) - last.begin())};
    ASSERT_EQ(next[0], want);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenGgufTest, ::testing::Values("e2b-Q4_0", "31b-Q5_K_M"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// What is 4-bit already stays so; the rest becomes int8.
TEST(GoldenGgufTest, AutoKeepsFourBitWeightsAsTheyAre) {
  EXPECT_EQ(
      GoldenModel::LoadPath(kFolder + "e2b-Q4_0.gguf", Arithmetic::kAuto).transformer->arithmetic(),
      Arithmetic::kInt4Blocks);
  EXPECT_EQ(GoldenModel::LoadPath(kFolder + "31b-Q5_K_M.gguf", Arithmetic::kAuto)
                .transformer->arithmetic(),
            Arithmetic::kInt8);
}

}  // namespace
}  // namespace gemma4
