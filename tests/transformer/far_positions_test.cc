// The far end of the longest contexts, for every published member: what is reserved there costs
// nothing until it is used, and rotary angles are right.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/transformer/activations.h"
#include "lib/transformer/chunk_rows.h"
#include "lib/transformer/kv_cache.h"
#include "lib/transformer/transformer.h"
#include "tests/checkpoint/family.h"

namespace gemma4 {
namespace {

ModelConfig ConfigOf(const Member& member) {
  const std::string text = FamilyConfig(member);
  auto config = ParseModelConfigJson(BytesOf(text));
  EXPECT_TRUE(config.ok()) << config.status().message();
  return std::move(config).value().model;
}

// Memory of this process that is its own and in use.
size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t all_pages = 0, resident_pages = 0, shared_pages = 0;
  file >> all_pages >> resident_pages >> shared_pages;
  return (resident_pages - shared_pages) * 4096;
}

TEST(FarPositionsTest, ALongContextIsReservedAndNotTaken) {
  for (const Member& member : kMembers) {
    const ModelConfig config = ConfigOf(member);
    for (KvType type : {KvType::kF16, KvType::kInt8}) {
      for (size_t context : {size_t{131072}, member.context}) {
        SCOPED_TRACE(std::string(member.name) + ", " + std::to_string(context));
        const size_t before = ResidentBytes();
        auto cache = KvCache::Create(config, context, 512, type);
        ASSERT_TRUE(cache.ok()) << cache.status().message();
        EXPECT_EQ(KvCache::SizeBytes(config, context, 512, type),
                  type == KvType::kF16 ? KvBytes(member, context, 512, 2, 0)
                                       : KvBytes(member, context, 512, 1, 4));
        // The last position of all is memory like any other, and each piece of it takes a page,
        // at most a huge one.
        size_t num_pieces = 0;
        for (size_t l = 0; l < config.num_layers(); ++l) {
          if (!config.OwnsKv(l)) continue;
          for (const auto piece : KvBlockPieces(cache->slab(l), (context - 1) / kKeyBlock)) {
            if (piece.empty()) continue;
            piece.back() = std::byte{1};
            ++num_pieces;
          }
        }
        EXPECT_LT(ResidentBytes() - before, (num_pieces + 1) << 21);
      }
    }
  }
}

// position * theta^(-2 i / head_dim), reduced to one turn in long double, for the pairs that turn:
// all 128 of a sliding layer's head, the first 64 of a full layer's 256.
struct Angles {
  size_t num_pairs, head_dim;
  long double theta;

  long double Of(size_t position, size_t pair) const {
    const long double exponent =
        -2.0L * static_cast<long double>(pair) / static_cast<long double>(head_dim);
    return std::fmod(static_cast<long double>(position) * std::pow(theta, exponent),
                     2.0L * std::numbers::pi_v<long double>);
  }
};
constexpr Angles kAngles[] = {{128, 256, 10000.0L}, {64, 512, 1000000.0L}};  // by LayerKind

TEST(FarPositionsTest, RotaryAnglesAreRightToTheLastPosition) {
  constexpr size_t kRows = 3;
  auto pool = ThreadPool::Create(1).value();
  for (const Member& member : kMembers) {
    const ModelConfig config = ConfigOf(member);
    auto activations = Activations::Create(config, kRows, 1);
    ASSERT_TRUE(activations.ok()) << activations.status().message();
    ChunkRows rows(config, kRows);
    for (size_t end : {size_t{3}, size_t{1024}, size_t{131072}, member.context}) {
      auto cache = KvCache::Create(config, member.context, kRows, KvType::kF16);
      ASSERT_TRUE(cache.ok()) << cache.status().message();
      cache->BeginRows(end - kRows);
      cache->Advance(end - kRows);
      const std::array<int32_t, kRows> ids = {2, 3, 4};
      const ChunkSequence sequence{&*cache, ids, RowsRead::kNone, nullptr};
      rows.Fill({&sequence, 1}, *activations, *pool);
      for (LayerKind kind : {LayerKind::kSliding, LayerKind::kFull}) {
        const Angles& angles = kAngles[static_cast<size_t>(kind)];
        const float* cosines = activations->cosines[static_cast<size_t>(kind)].data();
        const float* sines = activations->sines[static_cast<size_t>(kind)].data();
        for (size_t r = 0; r < kRows; ++r) {
          for (size_t i = 0; i < angles.num_pairs; ++i) {
            const long double angle = angles.Of(end - kRows + r, i);
            // Half a unit in the last place of an f32 near 1.
            ASSERT_NEAR(cosines[r * angles.num_pairs + i], std::cos(angle), 3.1e-8)
                << member.name << " " << end << " " << r << " " << i;
            ASSERT_NEAR(sines[r * angles.num_pairs + i], std::sin(angle), 3.1e-8)
                << member.name << " " << end << " " << r << " " << i;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace gemma4
