// LoadedModel: everything of a model that sessions share. Never changes after it was loaded.
#ifndef GEMMA4_LIB_SESSION_LOADED_MODEL_H_
#define GEMMA4_LIB_SESSION_LOADED_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/sampling/sampler.h"
#include "lib/text/chat_template.h"
#include "lib/text/tokenizer.h"
#include "lib/transformer/transformer.h"

namespace gemma4 {

inline constexpr size_t kDefaultPrefillChunkTokens = 512;
inline constexpr size_t kMaxPrefillChunkTokens = 8192;
inline constexpr size_t kMaxThreads = 1024;

struct LoadOptions {
  Arithmetic arithmetic = Arithmetic::kAuto;
  size_t num_threads = 0;  // the caller's included; 0: one for each physical core
  size_t prefill_chunk_tokens = kDefaultPrefillChunkTokens;
  bool copy_files = false;             // of LoadFromMemory
  const CancelFlag* cancel = nullptr;  // looked at between weights
  std::function<int(uint64_t done_bytes, uint64_t total_bytes)> progress;  // non-zero: kStopped
};

// How text turns into ids.
struct TextOptions {
  bool add_bos = false;        // first, unless the ids begin with <bos> anyway
  bool parse_special = false;  // names of control tokens become those tokens
};

class LoadedModel {
 public:
  // A folder or file as OpenCheckpoint() takes.
  static StatusOr<std::shared_ptr<const LoadedModel>> LoadFromPath(const std::string& path,
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
  StatusOr<const ChatTemplate*> RequireChatTemplate() const;

  // The ids of `text`. kUnsupported without a tokenizer, kInvalidUtf8.
  StatusOr<std::vector<int32_t>> Encode(std::string_view text, const TextOptions& options) const;

  // Running it changes caches and its own pool of runners, never the weights.
  Transformer& transformer() const { return *transformer_; }

  // How tokens are chosen when nobody says otherwise.
  SamplerOptions DefaultSamplerOptions() const;

 private:
  LoadedModel() = default;
  // The rest of a load, from an opened checkpoint on.
  Status Finish(Checkpoint checkpoint, const LoadOptions& options);

  // Each is used by those below it, and so destroyed after them.
  std::vector<std::vector<std::byte>> copied_files_;
  Checkpoint checkpoint_;
  std::unique_ptr<Tokenizer> tokenizer_;
  Status chat_template_status_;
  std::optional<ChatTemplate> chat_template_;
  std::unique_ptr<ThreadPool> thread_pool_;
  std::unique_ptr<Transformer> transformer_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_LOADED_MODEL_H_
