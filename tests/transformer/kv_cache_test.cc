#include "lib/transformer/kv_cache.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

ModelConfig TwoOwnersAndOneSharer() {
  ModelConfig config;
  config.sliding_window = 100;
  config.num_kv_shared_layers = 1;
  config.layers = {{LayerKind::kSliding, 16, 2, 0, false, 0},
                   {LayerKind::kFull, 32, 1, 0, false, 1},
                   {LayerKind::kFull, 32, 1, 0, false, 1}};
  return config;
}

TEST(KvCacheTest, SlidingLayersHoldAWindowAndAChunkAndFullLayersEverything) {
  auto cache = KvCache::Create(TwoOwnersAndOneSharer(), 10000, 50, KvType::kF32);
  ASSERT_TRUE(cache.ok());
  // 99 + 50 positions in blocks of 32, and one block more for the unaligned ends.
  EXPECT_EQ(cache->slab(0).num_blocks, 6u);
  EXPECT_EQ(cache->slab(1).num_blocks, 313u);
  EXPECT_EQ(KvCache::SizeBytes(TwoOwnersAndOneSharer(), 10000, 50, KvType::kF32),
            sizeof(float) * 2 * 32 * (6 * 2 * 16 + 313 * 32));
}

TEST(KvCacheTest, Int8TakesAQuarterAndAScaleAPositionAndHead) {
  EXPECT_EQ(KvCache::SizeBytes(TwoOwnersAndOneSharer(), 10000, 50, KvType::kInt8),
            2 * 32 * (6 * 2 * (16 + 4) + 313 * (32 + 4)));
}

TEST(KvCacheTest, AShortContextNeedsNoRing) {
  auto cache = KvCache::Create(TwoOwnersAndOneSharer(), 64, 50, KvType::kF32);
  ASSERT_TRUE(cache.ok());
  EXPECT_EQ(cache->slab(0).num_blocks, 2u);
}

TEST(KvCacheTest, RefusesWhatCannotBeReservedByNamingTheBytes) {
  ModelConfig config = TwoOwnersAndOneSharer();
  const auto cache = KvCache::Create(config, size_t{1} << 45, 50, KvType::kF32);
  EXPECT_EQ(cache.status().code(), StatusCode::kOutOfMemory);
  EXPECT_NE(cache.status().message().find("bytes"), std::string::npos);
}

}  // namespace
}  // namespace gemma4
