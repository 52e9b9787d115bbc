// LoadedModel: everything of a model that sessions share. Never changes after it was loaded.
#ifndef GEMMA4_LIB_SESSION_LOADED_MODEL_H_
#define GEMMA4_LIB_SESSION_LOADED_MODEL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/anonymous_memory.h"
#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/constraint/token_index.h"
#include "lib/model/model_config.h"
#include "lib/sampling/sampler.h"
#include "lib/text/chat/chat_turns.h"
#include "lib/text/tokenizer.h"
#include "lib/transformer/transformer.h"

namespace gemma4 {

inline constexpr size_t kDefaultPrefillChunkTokens = 512;
inline constexpr size_t kMaxPrefillChunkTokens = 8192;
inline constexpr size_t kMaxThreads = 1024;

struct LoadOptions {
  Arithmetic arithmetic = Arithmetic::kAuto;
  size_t num_threads = 0;                   // the caller's included; 0: one for each physical core
  std::shared_ptr<ThreadPool> thread_pool;  // shared with others; null: one of num_threads is made
  size_t prefill_chunk_tokens = kDefaultPrefillChunkTokens;
  bool copy_files = false;             // of LoadFromMemory
  std::string cache_folder;            // packed weights are kept here; empty: nowhere
  uint64_t memory_budget_bytes = 0;    // for the model and its sessions together; 0: no limit
  const CancelFlag* cancel = nullptr;  // looked at between weights
  std::function<int(uint64_t done_bytes, uint64_t total_bytes)> progress;  // non-zero: kStopped
};

// How text turns into ids.
struct TextOptions {
  bool add_bos = false;        // first, unless the ids begin with <bos> anyway
  bool parse_special = false;  // names of control tokens become those tokens
};

// How tokens are chosen where the caller does not say: as the model's files do.
SamplerOptions DefaultSamplerOptions(const GenerationConfig& generation);

// As for LoadOptions::num_threads. kInvalidArgument names the value and what is allowed.
Status CheckNumThreads(size_t num_threads);

// kInvalidArgument names the option, its value and what is allowed; kCancelled.
Status CheckOptions(const LoadOptions& options);

class LoadedModel {
 public:
  // Writes the checkpoint at `path` as a packed file. Of `options`, arithmetic, threads, cancel and
  // progress.
  static Status Pack(const std::string& path, const std::string& out_path,
                     const LoadOptions& options);

  // Reads a packed file through. kCorrupt names what is damaged.
  static Status Verify(const std::string& path);

  // A folder or file as OpenCheckpoint() takes.
  static StatusOr<std::shared_ptr<const LoadedModel>> LoadFromPath(const std::string& path,
                                                                   const LoadOptions& options);

  // One file, GGUF or packed: a range of an open descriptor, which stays the caller's.
  static StatusOr<std::shared_ptr<const LoadedModel>> LoadFromDescriptor(
      int descriptor, uint64_t offset, uint64_t size_bytes, const LoadOptions& options);

  // One file, GGUF or packed, read whole into memory of the model. `read` fills a piece of it and
  // returns whether it could.
  using ReadAt = std::function<bool(uint64_t offset, std::span<std::byte> piece)>;
  static StatusOr<std::shared_ptr<const LoadedModel>> LoadFromReader(uint64_t size_bytes,
                                                                     const ReadAt& read,
                                                                     const LoadOptions& options);

  // The files' bytes must outlive the model, unless options.copy_files.
  static StatusOr<std::shared_ptr<const LoadedModel>> LoadFromMemory(
      std::span<const MemoryFile> files, const LoadOptions& options);

  const ModelConfig& config() const { return checkpoint_.config(); }
  const GenerationConfig& generation_config() const { return checkpoint_.generation_config(); }
  const std::string& format() const { return checkpoint_.format(); }
  // How most weights compute; never kAuto.
  Arithmetic arithmetic() const { return transformer_->arithmetic(); }
  size_t num_threads() const { return thread_pool_->num_threads(); }
  size_t prefill_chunk_tokens() const { return transformer_->max_chunk_tokens(); }

  // Null when the checkpoint carries none.
  const Tokenizer* tokenizer() const { return tokenizer_.get(); }
  // kUnsupported says why there is none.
  StatusOr<const Tokenizer*> RequireTokenizer() const;
  StatusOr<const ChatTurns*> RequireChat() const;

  // The vocabulary as constraints read it, without end tokens; made when it is first asked for.
  StatusOr<std::shared_ptr<const TokenIndex>> RequireTokenIndex() const;

  // The ids of `text`. kUnsupported without a tokenizer, kInvalidUtf8.
  StatusOr<std::vector<int32_t>> Encode(std::string_view text, const TextOptions& options) const;

  // Takes `size_bytes` of the memory budget for a session, until they are given back.
  // kMemoryBudget says what is left.
  Status TakeSessionMemory(uint64_t size_bytes) const;
  void GiveBackSessionMemory(uint64_t size_bytes) const;

  ThreadPool& thread_pool() const { return *thread_pool_; }

  // Running it changes caches and its own pool of runners, never the weights.
  Transformer& transformer() const { return *transformer_; }

  // How tokens are chosen when nobody says otherwise.
  SamplerOptions DefaultSamplerOptions() const {
    return gemma4::DefaultSamplerOptions(generation_config());
  }

 private:
  LoadedModel() = default;
  // The rest of a load, from an opened checkpoint on.
  Status Finish(Checkpoint checkpoint, const LoadOptions& options);
  // Counts what lies in memory of our own, and what the model will need, against the budget.
  Status TakeLoadMemory(uint64_t size_bytes, const LoadOptions& options);
  Status TakeModelMemory(const LoadOptions& options);
  Status CreateTokenizer(const CancelFlag* cancel);
  Status CreateTransformer(const LoadOptions& options);

  // Each is used by those below it, and so destroyed after them.
  std::vector<std::vector<std::byte>> copied_files_;
  AnonymousMemory read_file_;
  Checkpoint checkpoint_;
  std::unique_ptr<Tokenizer> tokenizer_;
  Status chat_status_;
  std::optional<ChatTurns> chat_;
  std::shared_ptr<ThreadPool> thread_pool_;
  std::unique_ptr<Transformer> transformer_;
  mutable std::mutex token_index_mutex_;
  mutable std::shared_ptr<const TokenIndex> token_index_;
  uint64_t memory_budget_bytes_ = 0;
  mutable std::atomic<uint64_t> memory_bytes_{0};  // of the model and its sessions
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_LOADED_MODEL_H_
