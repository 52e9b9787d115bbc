// A golden checkpoint of tests/golden/text, opened, with its transformer and thread pool.
#ifndef GEMMA4_TESTS_TRANSFORMER_GOLDEN_MODEL_H_
#define GEMMA4_TESTS_TRANSFORMER_GOLDEN_MODEL_H_

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/base/thread_pool.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/transformer/transformer.h"

namespace gemma4 {

struct GoldenModel {
  std::string path;
  KvType kv_type = KvType::kF32;
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Transformer> transformer;

  const ModelConfig& config() const { return checkpoint->config(); }

  static GoldenModel Load(const std::string& name, Arithmetic arithmetic, size_t num_threads = 2,
                          size_t max_chunk_tokens = 512) {
    return LoadPath(std::string(GEMMA4_TEST_DATA_DIR) + "/golden/text/" + name, arithmetic,
                    num_threads, max_chunk_tokens);
  }

  static GoldenModel LoadPath(const std::string& path, Arithmetic arithmetic,
                              size_t num_threads = 2, size_t max_chunk_tokens = 512) {
    GoldenModel model;
    model.path = path;
    auto checkpoint = OpenCheckpoint(model.path);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    model.checkpoint = std::make_unique<Checkpoint>(std::move(checkpoint).value());
    model.pool = ThreadPool::Create(num_threads).value();
    TransformerOptions options;
    options.arithmetic = arithmetic;
    options.thread_pool = model.pool.get();
    options.max_chunk_tokens = max_chunk_tokens;
    auto transformer = Transformer::Create(*model.checkpoint, options);
    EXPECT_TRUE(transformer.ok()) << transformer.status().message();
    model.transformer = std::move(transformer).value();
    return model;
  }

  KvCache NewCache() const {
    return KvCache::Create(config(), 1024, transformer->max_chunk_tokens(), kv_type).value();
  }

  std::vector<int32_t> SeededIds(size_t count, unsigned seed) const {
    std::mt19937 generator(seed);
    std::uniform_int_distribution<int32_t> any(0, static_cast<int32_t>(config().vocab_size) - 1);
    std::vector<int32_t> ids(count);
    for (int32_t& id : ids) id = any(generator);
    return ids;
  }

  // Logits [ids.size(), vocab] of all rows, fed `chunk` at a time.
  std::vector<float> AllLogits(std::span<const int32_t> ids, size_t chunk) const {
    KvCache cache = NewCache();
    std::vector<float> logits(ids.size() * config().vocab_size);
    for (size_t p = 0; p < ids.size(); p += chunk) {
      const size_t rows = std::min(chunk, ids.size() - p);
      const ChunkSequence sequence{&cache, ids.subspan(p, rows), RowsRead::kAll,
                                   logits.data() + p * config().vocab_size};
      const Status status = transformer->Forward({&sequence, 1});
      EXPECT_TRUE(status.ok()) << status.message();
    }
    return logits;
  }
};

}  // namespace gemma4

#endif  // GEMMA4_TESTS_TRANSFORMER_GOLDEN_MODEL_H_
