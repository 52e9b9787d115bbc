#include "lib/transformer/layer_plan.h"

#include <gtest/gtest.h>

#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

// E2B itself: 35 layers, full at i % 5 == 4, the last 20 share.
ModelConfig E2b() {
  ModelConfig config;
  config.num_kv_shared_layers = 20;
  for (size_t i = 0; i < 35; ++i) {
    LayerConfig layer;
    layer.kind = i % 5 == 4 ? LayerKind::kFull : LayerKind::kSliding;
    layer.kv_source = i < 15 ? i : (layer.kind == LayerKind::kFull ? 14 : 13);
    config.layers.push_back(layer);
  }
  return config;
}

TEST(LayerPlanTest, E2bRunsOnlyReadRowsPastItsLastOwnerOfKv) {
  const ModelConfig config = E2b();
  ASSERT_EQ(config.last_kv_layer(), 14u);
  for (size_t l = 0; l < 35; ++l) {
    const LayerPlan plan = PlanLayer(config, l);
    EXPECT_EQ(plan.computes_kv, l < 15) << l;
    EXPECT_EQ(plan.narrows_rows, l == 14) << l;
  }
}

// The rows that each layer of the tiny E2B really worked on.
TEST(LayerPlanTest, PrefillCountsFewRowsWhereNobodyReadsLogits) {
  const GoldenModel model = GoldenModel::Load("e2b", Arithmetic::kExact);
  const size_t last_kv = model.config().last_kv_layer(), num_layers = model.config().num_layers();
  ASSERT_LT(last_kv + 1, num_layers);
  const std::vector<int32_t> ids = model.SeededIds(40, 1);
  std::vector<float> logits(40 * model.config().vocab_size);
  const struct {
    RowsRead wanted;
    size_t read_rows;
  } cases[] = {{RowsRead::kNone, 0}, {RowsRead::kLast, 1}, {RowsRead::kAll, 40}};
  for (const auto& [wanted, read_rows] : cases) {
    KvCache cache = model.NewCache();
    const ChunkSequence sequence{&cache, ids, wanted, logits.data()};
    ForwardStats stats;
    ForwardOptions options;
    options.stats = &stats;
    ASSERT_TRUE(model.transformer->Forward({&sequence, 1}, options).ok());
    for (size_t l = 0; l < num_layers; ++l) {
      EXPECT_EQ(stats.kv_rows[l], l <= last_kv ? 40u : 0u) << l;
      EXPECT_EQ(stats.block_rows[l], l < last_kv ? 40u : read_rows) << l;
    }
  }
}

}  // namespace
}  // namespace gemma4
