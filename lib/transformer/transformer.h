// Transformer: token ids in, logits out. The packed weights of one model, shared by all sessions.
#ifndef GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_
#define GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/transformer/arithmetic.h"
#include "lib/transformer/kv_cache.h"
#include "lib/transformer/rows_in_flight.h"

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

// Of which rows of a sequence somebody reads the output.
enum class RowsRead : uint8_t { kNone, kLast, kAll };

// The next rows of one sequence: positions cache->num_tokens(), +1, ...
struct ChunkSequence {
  KvCache* cache = nullptr;
  std::span<const int32_t> token_ids;  // at least 1, each in [0, vocab_size)
  RowsRead read = RowsRead::kNone;

  // Receive the output of the rows that are read; at least one is given if any are. Every sequence
  // of a chunk that has rows read wants the same of the two.
  float* logits = nullptr;  // [rows read, vocab_size], after softcap and before any suppression
  float* hidden = nullptr;  // [rows read, hidden_size], after the final norm

  // Where the rows go when the time is spent; needed with ForwardOptions::deadline only.
  RowsInFlight* in_flight = nullptr;

  size_t num_rows_read() const {
    return read == RowsRead::kAll ? token_ids.size() : read == RowsRead::kLast ? 1 : 0;
  }
};

// How many rows each layer worked on, for tests and statistics.
struct ForwardStats {
  std::vector<size_t> kv_rows;     // [num_layers] rows whose K/V the layer computed
  std::vector<size_t> block_rows;  // [num_layers] rows that ran attention and FFN
};

using Deadline = std::chrono::steady_clock::time_point;

struct ForwardOptions {
  const CancelFlag* cancel = nullptr;  // looked at between the blocks of a layer, as the next
  std::optional<Deadline> deadline = std::nullopt;  // of RunUntil()
  ForwardStats* stats = nullptr;                    // filled if given

  // Called with the rows that leave each layer ([rows, hidden], layer 0 ... N-1), with layer -1 for
  // the embeddings and with layer N for the output of the final norm. For tests.
  std::function<void(ptrdiff_t layer, std::span<const float> hidden)> observer = nullptr;
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

  // What a saved session is bound to: the checkpoint, and in what each linear layer computes.
  uint64_t IdentityHash() const;

  // Bytes of packed weights that one decoded token reads: of experts, those that it is routed to.
  uint64_t WeightBytesPerToken() const;

  // Runs one chunk. Writes the K/V of its rows and the outputs that are read, then advances each
  // cache by its rows.
  // REQUIRES: ids in range, room in every cache, all rows together at most max_chunk_tokens.
  // On any error (kCancelled, kOutOfMemory) no cache has advanced: the call may be repeated.
  //
  // The bits of a row's output depend on the row's sequence alone, not on the other rows or on how
  // the sequence was cut into chunks.
  Status Forward(std::span<const ChunkSequence> chunk, const ForwardOptions& options = {});

  // The same, but only until the deadline, which is passed by one block of a layer at most: then
  // the answer is false, no cache has advanced, and each sequence's rows wait in its `in_flight`
  // for another call, in which other sequences may take part. Each call does a piece of work at
  // least. Rows that are behind catch up first; then all go on together.
  StatusOr<bool> RunUntil(std::span<const ChunkSequence> chunk, const ForwardOptions& options);

 private:
  Transformer(const Checkpoint& checkpoint, const TransformerOptions& options);

  StatusOr<std::unique_ptr<Runner>> TakeRunner();

  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
  TransformerOptions options_;
  std::unique_ptr<ModelWeights> weights_;

  std::mutex runners_mutex_;
  std::vector<std::unique_ptr<Runner>> idle_runners_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_TRANSFORMER_H_
