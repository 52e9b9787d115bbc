#include "lib/sampling/allowed_tokens.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/sampling/random.h"

namespace gemma4 {
namespace {

using Ids32 = std::vector<int32_t>;

Ids32 Allowed(size_t vocab_size, const Ids32& suppressed_ids, const std::vector<uint64_t>& mask) {
  std::vector<float> logits(vocab_size);
  for (size_t id = 0; id < vocab_size; ++id) logits[id] = static_cast<float>(id) * 0.5f;
  const SuppressedTokens suppressed(suppressed_ids);
  Ids32 ids;
  AllowedTokens(suppressed, mask).ForEach(logits, [&](int32_t id, float logit) {
    EXPECT_EQ(logit, static_cast<float>(id) * 0.5f);
    ids.push_back(id);
  });
  return ids;
}

TEST(AllowedTokensTest, WithoutAMaskAllAreAllowedThatAreNotSuppressed) {
  EXPECT_EQ(Allowed(5, {3, 1}, {}), (Ids32{0, 2, 4}));
}

TEST(AllowedTokensTest, IdIIsBitIOfTheMask) {
  EXPECT_EQ(Allowed(130, {}, {1 | uint64_t{1} << 63, 2, 2}), (Ids32{0, 63, 65, 129}));
  EXPECT_EQ(Allowed(130, {63, 129, 7}, {1 | uint64_t{1} << 63, 2, 2}), (Ids32{0, 65}));
}

TEST(AllowedTokensTest, BitsPastTheVocabularyDoNothing) {
  EXPECT_EQ(Allowed(3, {}, {~uint64_t{0}}), (Ids32{0, 1, 2}));
  EXPECT_EQ(Allowed(65, {64}, {0, ~uint64_t{0}}), (Ids32{}));
}

TEST(AllowedTokensTest, AgreesWithAskingEveryId) {
  Pcg32 random = Pcg32::FromSeed(4);
  for (size_t vocab_size : {1u, 63u, 64u, 65u, 200u, 1000u}) {
    for (uint32_t density : {1u, 8u, 31u}) {
      std::vector<uint64_t> mask(NumMaskWords(vocab_size));
      for (size_t id = 0; id < mask.size() * 64; ++id) {
        if (random.Next() % 32 < density) mask[id / 64] |= uint64_t{1} << (id % 64);
      }
      Ids32 suppressed, expected;
      for (int i = 0; i < 20; ++i) suppressed.push_back(static_cast<int32_t>(random.Next() % 1100));
      for (size_t id = 0; id < vocab_size; ++id) {
        const bool is_suppressed = std::find(suppressed.begin(), suppressed.end(),
                                             static_cast<int32_t>(id)) != suppressed.end();
        if ((mask[id / 64] >> (id % 64) & 1) != 0 && !is_suppressed) {
          expected.push_back(static_cast<int32_t>(id));
        }
      }
      EXPECT_EQ(Allowed(vocab_size, suppressed, mask), expected) << vocab_size << " " << density;
    }
  }
}

}  // namespace
}  // namespace gemma4
