// Transformer: token ids in, logits out. The packed weights of one model, shared by all sessions.
#ifndef GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_
#define GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/transformer/arithmetic.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

class ModelWeights;
class Runner;

struct TransformerOptions {
  Arithmetic arithmetic = Arithmetic::kInt8;
  size_t max_chunk_tokens = 512;       // rows of one forward pass, all sequences together
  ThreadPool* thread_pool = nullptr;   // must outlive the transformer
  const CancelFlag* cancel = nullptr;  // looked at between weights while loading

  // Called after each packed weight on the loading thread; non-zero stops the load with kStopped.
  // done and total count weight bytes.
  std::function<int(uint64_t done_bytes, uint64_t total_bytes)> progress;
};

enum class LogitsWanted : uint8_t { kNone, kLast, kAll };

// The next rows of one sequence: positions cache->num_tokens(), +1, ...
struct ChunkSequence {
  KvCache* cache = nullptr;
  std::span<const int32_t> token_ids;  // at least 1, each in [0, vocab_size)
  LogitsWanted logits = LogitsWanted::kNone;
};

// How many rows each layer worked on, for tests and statistics.
struct ForwardStats {
  std::vector<size_t> kv_rows;     // [num_layers] rows whose K/V the layer computed
  std::vector<size_t> block_rows;  // [num_layers] rows that ran attention and FFN
};

struct ForwardOptions {
  const CancelFlag* cancel = nullptr;  // looked at between layers
  ForwardStats* stats = nullptr;       // filled if given

  // Called with the rows that leave each layer ([rows, hidden], layer 0 ... N-1), with layer -1 for
  // the embeddings and with layer N for the output of the final norm. For tests.
  std::function<void(ptrdiff_t layer, std::span<const float> hidden)> observer;
};

// Immutable after Create; Forward may be called from several threads at once, for different
// caches: each call takes a Runner (operators and scratch memory) from a small pool.
class Transformer {
 public:
  // Reads, converts and packs every weight. The checkpoint must outlive the transformer: embedding
  // tables are read from its mapping, one row a token.
  static StatusOr<std::unique_ptr<Transformer>> Create(const Checkpoint& checkpoint,
                                                       const TransformerOptions& options);
  ~Transformer();

  const ModelConfig& config() const { return config_; }
  size_t max_chunk_tokens() const { return options_.max_chunk_tokens; }
  // How most of the weights compute; never kAuto.
  Arithmetic arithmetic() const;

  // Bytes of packed weights that one decoded token reads: of experts, those that it is routed to.
  uint64_t WeightBytesPerToken() const;

  // Rows of `chunk` whose logits are wanted, in order: the number of rows of `logits` below.
  static size_t NumLogitsRows(std::span<const ChunkSequence> chunk);

  // Runs one chunk. Writes the K/V of its rows, then advances each cache by its rows; `logits`
  // receives [NumLogitsRows(chunk), vocab_size] after softcap and before any suppression.
  // REQUIRES: ids in range, room in every cache, all rows together at most max_chunk_tokens.
  // On any error (kCancelled, kOutOfMemory) no cache has advanced: the call may be repeated.
  //
  // The bits of a row's logits depend on the row's sequence alone, not on the other rows or on how
  // the sequence was cut into chunks.
  Status Forward(std::span<const ChunkSequence> chunk, std::span<float> logits,
                 const ForwardOptions& options = {});

 private:
  Transformer(const Checkpoint& checkpoint, const TransformerOptions& options);

  const ModelConfig& config_;
  TransformerOptions options_;
  std::unique_ptr<ModelWeights> weights_;

  std::mutex runners_mutex_;
  std::vector<std::unique_ptr<Runner>> idle_runners_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_
