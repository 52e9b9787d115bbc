#include "lib/model/kv_sharing.h"

#include <gtest/gtest.h>

#include <string_view>

namespace gemma4 {
namespace {

// "SSF": sliding, sliding, full.
ModelConfig ConfigOf(std::string_view kinds, size_t num_kv_shared_layers) {
  ModelConfig config;
  config.num_kv_shared_layers = num_kv_shared_layers;
  for (const char kind : kinds) {
    config.layers.push_back({.kind = kind == 'F' ? LayerKind::kFull : LayerKind::kSliding});
  }
  return config;
}

std::vector<size_t> SourcesOf(std::string_view kinds, size_t num_kv_shared_layers) {
  ModelConfig config = ConfigOf(kinds, num_kv_shared_layers);
  const Status status = AssignKvSources(config);
  EXPECT_TRUE(status.ok()) << status.message();
  std::vector<size_t> sources;
  for (const LayerConfig& layer : config.layers) sources.push_back(layer.kv_source);
  return sources;
}

TEST(KvSharingTest, EveryLayerOwnsItsKvWithoutSharing) {
  EXPECT_EQ(SourcesOf("SSF", 0), (std::vector<size_t>{0, 1, 2}));
}

// The reference's donors for these kinds are layer 0 for F and layer 3 for S.
TEST(KvSharingTest, SharesTheLastOwningLayerOfTheSameKind) {
  EXPECT_EQ(SourcesOf("FSSSSFF", 3), (std::vector<size_t>{0, 1, 2, 3, 3, 0, 0}));
}

// E2B: 35 layers, every fifth full, 20 sharing. Donors 13 and 14.
TEST(KvSharingTest, GivesE2bItsDonors) {
  std::string kinds;
  for (int i = 0; i < 35; ++i) kinds += i % 5 == 4 ? 'F' : 'S';
  const std::vector<size_t> sources = SourcesOf(kinds, 20);
  for (size_t l = 0; l < 35; ++l) {
    EXPECT_EQ(sources[l], l < 15 ? l : kinds[l] == 'F' ? 14u : 13u) << l;
  }
}

TEST(KvSharingTest, RefusesAKindThatNoOwningLayerHas) {
  ModelConfig config = ConfigOf("SSSF", 1);
  const Status status = AssignKvSources(config);
  EXPECT_EQ(status.code(), StatusCode::kCorrupt);
  EXPECT_EQ(status.message(),
            "layer 3 shares K/V (num_kv_shared_layers is 1 of 4 layers), but none of the first 3 "
            "layers is a full attention layer whose K/V it could read");
}

TEST(KvSharingTest, RefusesMoreSharingLayersThanThereAre) {
  ModelConfig config = ConfigOf("SSF", 3);
  EXPECT_EQ(AssignKvSources(config).message(),
            "num_kv_shared_layers is 3; it must be below the 3 layers");
}

}  // namespace
}  // namespace gemma4
