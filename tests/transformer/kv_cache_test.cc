#include "lib/transformer/kv_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

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

// Every byte of a cache's slabs, filled with a pattern that tells layers and blocks apart.
void Fill(const KvCache& cache) {
  uint8_t next = 1;
  for (size_t layer : {0u, 1u}) {
    const KvSlab slab = cache.slab(layer);
    for (size_t block = 0; block < slab.num_blocks; ++block) {
      for (const auto piece : KvBlockPieces(slab, block)) {
        std::fill(piece.begin(), piece.end(), std::byte{next});
      }
      next = static_cast<uint8_t>(next * 7 + 3);
    }
  }
}

TEST(KvCacheTest, PiecesOfACacheFitAnyOtherThatSeesAsMuch) {
  const ModelConfig config = TwoOwnersAndOneSharer();
  auto from = KvCache::Create(config, 10000, 50, KvType::kInt8);
  auto to = KvCache::Create(config, 700, 500, KvType::kInt8);
  ASSERT_TRUE(from.ok() && to.ok());
  from->BeginRows(610);
  from->Advance(610);
  Fill(*from);
  std::vector<std::vector<std::byte>> pieces;
  from->ForEachPiece(610, [&](std::span<std::byte> piece) {
    pieces.emplace_back(piece.begin(), piece.end());
    return true;
  });
  size_t next = 0;
  to->ForEachPiece(610, [&](std::span<std::byte> piece) {
    EXPECT_EQ(piece.size(), pieces.at(next).size());
    std::copy(pieces[next].begin(), pieces[next].end(), piece.begin());
    ++next;
    return true;
  });
  EXPECT_EQ(next, pieces.size());
  to->Adopt(610);
  EXPECT_EQ(to->num_tokens(), 610u);
  // Of the sliding layer, positions from 610 - 99 on, in whole blocks; of the full one all.
  for (size_t block = 511 / 32; block <= 609 / 32; ++block) {
    for (size_t i = 0; i < 4; ++i) {
      const auto a = KvBlockPieces(from->slab(0), block)[i],
                 b = KvBlockPieces(to->slab(0), block)[i];
      EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
  }
  for (size_t block = 0; block <= 609 / 32; ++block) {
    const auto a = KvBlockPieces(from->slab(1), block)[0], b = KvBlockPieces(to->slab(1), block)[0];
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  }
}

TEST(KvCacheTest, AdoptedRingsRewindAsFarAsTheyGo) {
  auto cache = KvCache::Create(TwoOwnersAndOneSharer(), 10000, 50, KvType::kF16);
  ASSERT_TRUE(cache.ok());
  cache->Adopt(610);                // the sliding layer has positions from 480 on
  EXPECT_TRUE(cache->Rewind(609));  // sees 510 ...
  EXPECT_TRUE(cache->Rewind(580));  // sees 481 ...
  EXPECT_FALSE(cache->Rewind(570));
  EXPECT_EQ(cache->num_tokens(), 580u);
  EXPECT_TRUE(cache->Rewind(0));
  cache->BeginRows(610);
  cache->Advance(610);
  EXPECT_TRUE(cache->Rewind(600));
  EXPECT_FALSE(cache->Rewind(510));  // 410 was overwritten by 610 - 192 = 418 ...
}

TEST(KvCacheTest, RefusesWhatCannotBeReservedByNamingTheBytes) {
  ModelConfig config = TwoOwnersAndOneSharer();
  const auto cache = KvCache::Create(config, size_t{1} << 45, 50, KvType::kF32);
  EXPECT_EQ(cache.status().code(), StatusCode::kOutOfMemory);
  EXPECT_NE(cache.status().message().find("bytes"), std::string::npos);
}

}  // namespace
}  // namespace gemma4
