#include "lib/ops/embedding.h"

#include <gtest/gtest.h>

#include "tests/ops/seeded_values.h"

namespace gemma4 {
namespace {

TEST(EmbeddingTest, ReadsAndScalesASliceOfEachRow) {
  const std::vector<float> table = SeededValues(5 * 8, 10);
  const TensorView view{"table", DataType::kF32, {5, 8}, std::as_bytes(std::span(table))};
  const std::vector<int32_t> ids = {4, 0, 4};
  std::vector<float> out(3 * 2);
  EmbeddingRows(view, ids, /*first=*/6, /*size=*/2, /*scale=*/16.0f, out.data(), *MakePool(1));
  EXPECT_EQ(out[0], 16.0f * table[4 * 8 + 6]);
  EXPECT_EQ(out[1], 16.0f * table[4 * 8 + 7]);
  EXPECT_EQ(out[2], 16.0f * table[6]);
  EXPECT_EQ(out[5], out[1]);
}

}  // namespace
}  // namespace gemma4
