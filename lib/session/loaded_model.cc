#include "lib/session/loaded_model.h"

#include <utility>

namespace gemma4 {
namespace {

Status CheckOptions(const LoadOptions& options) {
  if (options.num_threads > kMaxThreads) {
    return Status::InvalidArgument("num_threads is %zu; at most %zu", options.num_threads,
                                   kMaxThreads);
  }
  if (options.prefill_chunk_tokens < 1 || options.prefill_chunk_tokens > kMaxPrefillChunkTokens) {
    return Status::InvalidArgument("prefill_chunk_tokens is %zu; it must be in [1, %zu]",
                                   options.prefill_chunk_tokens, kMaxPrefillChunkTokens);
  }
  return CheckCancelled(options.cancel, "loading the model");
}

// The small template is that of the models with per-layer embeddings: E2B and E4B.
ChatVariant ChatVariantOf(const ModelConfig& config) {
  return config.hidden_size_per_layer_input > 0 ? ChatVariant::kSmall : ChatVariant::kLarge;
}

}  // namespace

StatusOr<std::shared_ptr<const LoadedModel>> LoadedModel::LoadFromPath(const std::string& path,
                                                                       const LoadOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckOptions(options));
  std::shared_ptr<LoadedModel> model(new LoadedModel);
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(path));
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
      file.bytes = model->copied_files_.emplace_back(file.bytes.begin(), file.bytes.end());
    }
  }
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpointFromMemory(opened));
  GEMMA4_RETURN_IF_ERROR(model->Finish(std::move(checkpoint), options));
  return std::shared_ptr<const LoadedModel>(std::move(model));
}

Status LoadedModel::Finish(Checkpoint checkpoint, const LoadOptions& options) {
  checkpoint_ = std::move(checkpoint);
  if (checkpoint_.vocabulary().has_value()) {
    GEMMA4_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Create(*checkpoint_.vocabulary()));
    tokenizer_ = std::make_unique<Tokenizer>(std::move(tokenizer));
    // A base model may lack chat tokens: an error only where a turn is added.
    auto chat_template = ChatTemplate::Create(*tokenizer_, ChatVariantOf(config()));
    chat_template_status_ = chat_template.status();
    if (chat_template.ok()) chat_template_ = std::move(chat_template).value();
  }
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "loading the model"));
  GEMMA4_ASSIGN_OR_RETURN(thread_pool_, ThreadPool::Create(options.num_threads));
  TransformerOptions transformer_options;
  transformer_options.arithmetic = options.arithmetic;
  transformer_options.max_chunk_tokens = options.prefill_chunk_tokens;
  transformer_options.thread_pool = thread_pool_.get();
  transformer_options.cancel = options.cancel;
  transformer_options.progress = options.progress;
  GEMMA4_ASSIGN_OR_RETURN(transformer_, Transformer::Create(checkpoint_, transformer_options));
  return Status::Ok();
}

StatusOr<const Tokenizer*> LoadedModel::RequireTokenizer() const {
  if (tokenizer_ != nullptr) return tokenizer_.get();
  return Status::Unsupported("the checkpoint has no tokenizer: only token ids go in and out");
}

StatusOr<const ChatTemplate*> LoadedModel::RequireChatTemplate() const {
  GEMMA4_RETURN_IF_ERROR(RequireTokenizer().status());
  GEMMA4_RETURN_IF_ERROR(chat_template_status_);
  return &*chat_template_;
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

SamplerOptions LoadedModel::DefaultSamplerOptions() const {
  const GenerationConfig& generation = generation_config();
  SamplerOptions options;
  options.suppress_token_ids = generation.suppress_token_ids;
  if (!generation.do_sample) return options;  // greedy
  options.temperature = generation.temperature;
  options.top_k = generation.top_k;
  options.top_p = generation.top_p;
  return options;
}

}  // namespace gemma4
