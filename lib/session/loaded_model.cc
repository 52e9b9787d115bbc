#include "lib/session/loaded_model.h"

#include <algorithm>
#include <future>
#include <system_error>
#include <utility>

#include "lib/checkpoint/packed/packed_file.h"
#include "lib/session/memory_estimate.h"
#include "lib/session/packed_cache.h"
#include "lib/text/chat/control_tokens.h"

namespace gemma4 {
namespace {

// The pool that was given, or a new one. The options were checked.
StatusOr<std::shared_ptr<ThreadPool>> ThreadPoolOf(const LoadOptions& options) {
  if (options.thread_pool != nullptr) return options.thread_pool;
  GEMMA4_ASSIGN_OR_RETURN(std::unique_ptr<ThreadPool> own, ThreadPool::Create(options.num_threads));
  return std::shared_ptr<ThreadPool>(std::move(own));
}

}  // namespace

Status CheckNumThreads(size_t num_threads) {
  if (num_threads <= kMaxThreads) return Status::Ok();
  return Status::InvalidArgument("num_threads is %zu; at most %zu", num_threads, kMaxThreads);
}

Status CheckOptions(const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckNumThreads(options.num_threads));
  if (options.thread_pool != nullptr && options.num_threads != 0) {
    return Status::InvalidArgument(
        "num_threads is %zu and thread_pool is set, to one of %zu threads; with a thread_pool, "
        "num_threads must be 0",
        options.num_threads, options.thread_pool->num_threads());
  }
  if (options.prefill_chunk_tokens < 1 || options.prefill_chunk_tokens > kMaxPrefillChunkTokens) {
    return Status::InvalidArgument("prefill_chunk_tokens is %zu; it must be in [1, %zu]",
                                   options.prefill_chunk_tokens, kMaxPrefillChunkTokens);
  }
  return CheckCancelled(options.cancel, "loading the model");
}

StatusOr<std::shared_ptr<const LoadedModel>> LoadedModel::LoadFromPath(const std::string& path,
                                                                       const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  std::shared_ptr<LoadedModel> model(new LoadedModel);
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(path, {.cancel = options.cancel}));
  const Status status = model->Finish(std::move(checkpoint), options);
  if (status.code() == StatusCode::kUnsupported || status.code() == StatusCode::kCorrupt) {
    return status.WithPrefix(path);
  }
  GEMMA4_RETURN_IF_ERROR(status);
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

StatusOr<std::shared_ptr<const LoadedModel>> LoadedModel::LoadFromDescriptor(
    int descriptor, uint64_t offset, uint64_t size_bytes, const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  std::shared_ptr<LoadedModel> model(new LoadedModel);
  const std::string name = "descriptor " + std::to_string(descriptor);
  GEMMA4_ASSIGN_OR_RETURN(MappedFile file,
                          MappedFile::OpenDescriptor(descriptor, offset, size_bytes, name));
  GEMMA4_ASSIGN_OR_RETURN(
      Checkpoint checkpoint,
      OpenCheckpointFromFile(std::move(file), name, {.cancel = options.cancel}));
  GEMMA4_RETURN_IF_ERROR(model->Finish(std::move(checkpoint), options));
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

StatusOr<std::shared_ptr<const LoadedModel>> LoadedModel::LoadFromReader(
    uint64_t size_bytes, const ReadAt& read, const LoadOptions& options) {
  constexpr uint64_t kPieceBytes = uint64_t{4} << 20;  // between looks at the cancel flag
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  if (size_bytes == 0) return Status::Corrupt("the reader's file is empty");
  // XNNPACK's kernels may read a little past packed weights: a page more.
  constexpr size_t kReadableTailBytes = 4096;
  if (size_bytes > SIZE_MAX / 2) {
    return Status::InvalidArgument("size_bytes is %llu; at most %zu",
                                   static_cast<unsigned long long>(size_bytes), SIZE_MAX / 2);
  }
  std::shared_ptr<LoadedModel> model(new LoadedModel);
  GEMMA4_RETURN_IF_ERROR(model->TakeLoadMemory(size_bytes, options));
  GEMMA4_ASSIGN_OR_RETURN(model->read_file_,
                          AnonymousMemory::Reserve(size_bytes + kReadableTailBytes, "the file"));
  const std::span<std::byte> bytes(model->read_file_.data(), static_cast<size_t>(size_bytes));
  for (uint64_t offset = 0; offset < size_bytes; offset += kPieceBytes) {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "loading the model"));
    if (options.progress && options.progress(0, size_bytes) != 0) {
      return Status::Stopped("loading the model was stopped by the progress callback");
    }
    const auto piece =
        bytes.subspan(static_cast<size_t>(offset),
                      static_cast<size_t>(std::min(kPieceBytes, size_bytes - offset)));
    if (!read(offset, piece)) {
      return Status::Io("the reader could not read %zu bytes at offset %llu", piece.size(),
                        static_cast<unsigned long long>(offset));
    }
  }
  GEMMA4_ASSIGN_OR_RETURN(
      Checkpoint checkpoint,
      OpenCheckpointFromFile(bytes, "the reader's file", {.cancel = options.cancel}));
  GEMMA4_RETURN_IF_ERROR(model->Finish(std::move(checkpoint), options));
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

StatusOr<std::shared_ptr<const LoadedModel>> LoadedModel::LoadFromMemory(
    std::span<const MemoryFile> files, const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  std::shared_ptr<LoadedModel> model(new LoadedModel);
  std::vector<MemoryFile> opened(files.begin(), files.end());
  if (options.copy_files) {
    model->copied_files_.reserve(files.size());
    for (MemoryFile& file : opened) {
      GEMMA4_RETURN_IF_ERROR(model->TakeLoadMemory(file.bytes.size(), options));
      file.bytes = model->copied_files_.emplace_back(file.bytes.begin(), file.bytes.end());
    }
  }
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint,
                          OpenCheckpointFromMemory(opened, {.cancel = options.cancel}));
  GEMMA4_RETURN_IF_ERROR(model->Finish(std::move(checkpoint), options));
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

Status LoadedModel::Pack(const std::string& path, const std::string& out_path,
                         const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  if (options.arithmetic == Arithmetic::kExact) {
    return Status::Unsupported(
        "exact weights are not packed: they are the stored ones, and are for reference");
  }
  GEMMA4_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
                          OpenCheckpoint(path, {.cancel = options.cancel}));
  GEMMA4_ASSIGN_OR_RETURN(const auto thread_pool, ThreadPoolOf(options));
  PackOptions pack_options;
  pack_options.arithmetic = options.arithmetic;
  pack_options.thread_pool = thread_pool.get();
  pack_options.cancel = options.cancel;
  pack_options.progress = options.progress;
  const Status status = PackModel(checkpoint, out_path, pack_options);
  return status.code() == StatusCode::kUnsupported ? status.WithPrefix(path) : status;
}

Status LoadedModel::Verify(const std::string& path) {
  GEMMA4_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  if (!IsPackedFile(file.bytes())) {
    return Status::Unsupported("%s: is not a packed file", path.c_str());
  }
  return VerifyPackedFile(file.bytes()).WithPrefix(path);
}

Status LoadedModel::Finish(Checkpoint checkpoint, const LoadOptions& options) {
  checkpoint_ = std::move(checkpoint);
  GEMMA4_RETURN_IF_ERROR(TakeModelMemory(options));
  // Each takes about half of the time of a load from a packed file.
  const auto create_tokenizer = [&] { return CreateTokenizer(options.cancel); };
  std::future<Status> tokenizer_status;
  try {
    tokenizer_status = std::async(std::launch::async, create_tokenizer);
  } catch (const std::system_error&) {  // no thread to be had: later, then
    tokenizer_status = std::async(std::launch::deferred, create_tokenizer);
  }
  const Status transformer_status = CreateTransformer(options);
  GEMMA4_RETURN_IF_ERROR(tokenizer_status.get());
  // What was read to load is not what is read to run.
  checkpoint_.DropVocabulary();
  for (const MappedFile& file : checkpoint_.files()) checkpoint_.GiveBack(file.bytes());
  return transformer_status;
}

Status LoadedModel::CreateTokenizer(const CancelFlag* cancel) {
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, "loading the model"));
  if (!checkpoint_.vocabulary().has_value()) return Status::Ok();
  GEMMA4_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Create(*checkpoint_.vocabulary()));
  tokenizer_ = std::make_unique<Tokenizer>(std::move(tokenizer));
  // A base model may lack chat tokens: an error only where a turn is added.
  auto chat = ChatTurns::Create(*tokenizer_, PublishedVariant(config()));
  chat_status_ = chat.status();
  if (chat.ok()) chat_ = std::move(chat).value();
  return Status::Ok();
}

Status LoadedModel::CreateTransformer(const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "loading the model"));
  GEMMA4_ASSIGN_OR_RETURN(thread_pool_, ThreadPoolOf(options));
  if (!options.cache_folder.empty() && !checkpoint_.packed()) {
    PackOptions pack_options;
    pack_options.arithmetic = options.arithmetic;
    pack_options.thread_pool = thread_pool_.get();
    pack_options.cancel = options.cancel;
    pack_options.progress = options.progress;
    GEMMA4_RETURN_IF_ERROR(AttachCachedWeights(options.cache_folder, pack_options, checkpoint_));
  }
  TransformerOptions transformer_options;
  transformer_options.arithmetic = options.arithmetic;
  transformer_options.max_chunk_tokens = options.prefill_chunk_tokens;
  transformer_options.thread_pool = thread_pool_.get();
  transformer_options.cancel = options.cancel;
  transformer_options.progress = options.progress;
  GEMMA4_ASSIGN_OR_RETURN(transformer_, Transformer::Create(checkpoint_, transformer_options));
  return Status::Ok();
}

// Before anything is read or made.
Status LoadedModel::TakeModelMemory(const LoadOptions& options) {
  if (options.memory_budget_bytes == 0) return Status::Ok();
  GEMMA4_ASSIGN_OR_RETURN(const MemoryEstimate estimate, EstimateModelMemory(checkpoint_, options));
  return TakeLoadMemory(estimate.resident_bytes(), options);
}

Status LoadedModel::TakeLoadMemory(uint64_t size_bytes, const LoadOptions& options) {
  memory_budget_bytes_ = options.memory_budget_bytes;
  const uint64_t taken = memory_bytes_.load(std::memory_order_relaxed);
  if (memory_budget_bytes_ != 0 && size_bytes > memory_budget_bytes_ - taken) {
    return Status::MemoryBudget(
        "the model needs %llu bytes without any session; memory_budget_bytes is %llu",
        static_cast<unsigned long long>(taken + size_bytes),
        static_cast<unsigned long long>(memory_budget_bytes_));
  }
  memory_bytes_.store(taken + size_bytes, std::memory_order_relaxed);
  return Status::Ok();
}

Status LoadedModel::TakeSessionMemory(uint64_t size_bytes) const {
  uint64_t taken = memory_bytes_.load(std::memory_order_relaxed);
  do {
    if (memory_budget_bytes_ != 0 && size_bytes > memory_budget_bytes_ - taken) {
      return Status::MemoryBudget(
          "the session needs %llu bytes; of memory_budget_bytes = %llu, %llu are taken",
          static_cast<unsigned long long>(size_bytes),
          static_cast<unsigned long long>(memory_budget_bytes_),
          static_cast<unsigned long long>(taken));
    }
  } while (
      !memory_bytes_.compare_exchange_weak(taken, taken + size_bytes, std::memory_order_relaxed));
  return Status::Ok();
}

void LoadedModel::GiveBackSessionMemory(uint64_t size_bytes) const {
  memory_bytes_.fetch_sub(size_bytes, std::memory_order_relaxed);
}

StatusOr<const Tokenizer*> LoadedModel::RequireTokenizer() const {
  if (tokenizer_ != nullptr) return tokenizer_.get();
  return Status::Unsupported("the checkpoint has no tokenizer: only token ids go in and out");
}

StatusOr<std::shared_ptr<const TokenIndex>> LoadedModel::RequireTokenIndex() const {
  GEMMA4_ASSIGN_OR_RETURN(const Tokenizer* tokenizer, RequireTokenizer());
  std::lock_guard<std::mutex> lock(token_index_mutex_);
  if (token_index_ != nullptr) return token_index_;
  TokenIndexSource source;
  source.vocab_size = config().vocab_size;
  const auto has_piece = [tokenizer](int32_t id) {
    return static_cast<size_t>(id) < tokenizer->vocab_size();
  };
  source.bytes = [&](int32_t id) { return has_piece(id) ? tokenizer->Bytes(id) : ""; };
  source.is_control = [&](int32_t id) { return has_piece(id) && tokenizer->IsControl(id); };
  source.tool_call_begin_id = tokenizer->ControlId(kBeginToolCall).value_or(-1);
  source.tool_call_end_id = tokenizer->ControlId(kEndToolCall).value_or(-1);
  source.quote_id = tokenizer->ControlId(kQuote).value_or(-1);
  GEMMA4_ASSIGN_OR_RETURN(token_index_, TokenIndex::Create(source));
  return token_index_;
}

StatusOr<const ChatTurns*> LoadedModel::RequireChat() const {
  GEMMA4_RETURN_IF_ERROR(RequireTokenizer().status());
  GEMMA4_RETURN_IF_ERROR(chat_status_);
  return &*chat_;
}

StatusOr<std::vector<int32_t>> LoadedModel::Encode(std::string_view text,
                                                   const TextOptions& options) const {
  GEMMA4_ASSIGN_OR_RETURN(const Tokenizer* tokenizer, RequireTokenizer());
  std::vector<int32_t> ids;
  if (options.add_bos) ids.push_back(tokenizer->bos_token_id());
  GEMMA4_RETURN_IF_ERROR(options.parse_special ? tokenizer->EncodeParsingSpecial(text, &ids)
                                               : tokenizer->Encode(text, &ids));
  // A second <bos> is none of a prompt that says it itself.
  if (options.add_bos && ids.size() > 1 && ids[1] == ids[0]) ids.erase(ids.begin());
  return ids;
}

SamplerOptions DefaultSamplerOptions(const GenerationConfig& generation) {
  SamplerOptions options;
  options.suppress_token_ids = generation.suppress_token_ids;
  if (!generation.do_sample) return options;  // greedy
  options.temperature = generation.temperature;
  options.top_k = generation.top_k;
  options.top_p = generation.top_p;
  return options;
}

}  // namespace gemma4
