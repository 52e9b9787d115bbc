#include "lib/checkpoint/safetensors/safetensors_checkpoint.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/checkpoint/checkpoint_builder.h"
#include "lib/checkpoint/file_kind.h"
#include "lib/checkpoint/name_list.h"
#include "lib/checkpoint/safetensors/generation_config_json.h"
#include "lib/checkpoint/safetensors/int4_groups.h"
#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/checkpoint/safetensors/safetensors_index.h"
#include "lib/checkpoint/safetensors/tensor_names.h"
#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "lib/checkpoint/tokenizer/tokenizer_model.h"

namespace gemma4 {
namespace {

constexpr const char* kConfigName = "config.json";
constexpr const char* kWeightsName = "model.safetensors";
constexpr const char* kIndexName = "model.safetensors.index.json";

StatusOr<ModelConfigJson> ReadModelConfig(const CheckpointFiles& files) {
  if (!files.Has(kConfigName)) return DescribeNoCheckpoint(files.List());
  GEMMA4_ASSIGN_OR_RETURN(const CheckpointFile file, files.Open(kConfigName));
  auto config = ParseModelConfigJson(file.bytes);
  if (!config.ok()) return config.status().WithPrefix(kConfigName);
  return config;
}

StatusOr<GenerationConfig> ReadGenerationConfig(const CheckpointFiles& files,
                                                std::vector<int32_t> config_eos_token_ids) {
  constexpr const char* kName = "generation_config.json";
  if (!files.Has(kName)) {
    GenerationConfig defaults;
    defaults.stop_token_ids = std::move(config_eos_token_ids);
    return defaults;
  }
  GEMMA4_ASSIGN_OR_RETURN(const CheckpointFile file, files.Open(kName));
  auto config = ParseGenerationConfigJson(file.bytes, std::move(config_eos_token_ids));
  if (!config.ok()) return config.status().WithPrefix(kName);
  return config;
}

// Sets no vocabulary if there is no tokenizer: such a model runs on token ids.
Status ReadVocabulary(const CheckpointFiles& files, const OpenOptions& options,
                      CheckpointBuilder& builder) {
  constexpr std::pair<const char*,
                      StatusOr<Vocabulary> (*)(std::span<const std::byte>, const CancelFlag*)>
      kTokenizers[] = {{"tokenizer.json", ParseTokenizerJson},
                       {"tokenizer.model", ParseTokenizerModel}};
  for (const auto& [name, parse] : kTokenizers) {
    if (!files.Has(name)) continue;
    if (!options.read_tokenizer) {
      builder.SetHasTokenizer();
      return Status::Ok();
    }
    GEMMA4_ASSIGN_OR_RETURN(const CheckpointFile file, files.Open(name));
    auto vocabulary = parse(file.bytes, options.cancel);
    if (!vocabulary.ok()) return vocabulary.status().WithPrefix(name);
    return builder.SetVocabulary(std::move(vocabulary).value()).WithPrefix(name);
  }
  return Status::Ok();
}

// The files that hold the tensors, and who is to be in which.
struct WeightFiles {
  std::vector<std::string> names;
  std::optional<SafetensorsIndex> index;
};

StatusOr<WeightFiles> FindWeights(const CheckpointFiles& files, const std::string& weights_name) {
  WeightFiles weights;
  const std::string single_name = weights_name.empty() ? kWeightsName : weights_name;
  const bool is_single = single_name == kWeightsName && files.Has(kWeightsName);
  if (!is_single && files.Has(kIndexName)) {
    GEMMA4_ASSIGN_OR_RETURN(const CheckpointFile file, files.Open(kIndexName));
    auto index = ParseSafetensorsIndex(file.bytes);
    if (!index.ok()) return index.status().WithPrefix(kIndexName);
    // A file of another name that was asked for is one of the shards, or stands for itself.
    const bool is_shard =
        std::find(index->files.begin(), index->files.end(), weights_name) != index->files.end();
    if (weights_name.empty() || is_shard) {
      weights.names = index->files;
      weights.index = std::move(index).value();
      return weights;
    }
  }
  if (!files.Has(single_name)) return DescribeNoCheckpoint(files.List());
  weights.names.push_back(single_name);
  return weights;
}

// Reads the headers of all weight files into a builder.
class TensorReader {
 public:
  TensorReader(const CheckpointFiles& files, const WeightFiles& weights, bool has_int4_groups,
               CheckpointBuilder& builder)
      : files_(files), weights_(weights), has_int4_groups_(has_int4_groups), builder_(builder) {
    if (weights.index.has_value()) is_found_.resize(weights.index->entries.size());
  }

  // "model.language_model.", as the file has it.
  const std::string& prefix() const { return prefix_; }

  Status ReadAll() {
    for (size_t i = 0; i < weights_.names.size(); ++i) {
      const std::string& name = weights_.names[i];
      if (weights_.index.has_value() && !files_.Has(name)) {
        return Status::NotFound("%s lists the file %s, which is not there", kIndexName,
                                name.c_str());
      }
      GEMMA4_ASSIGN_OR_RETURN(CheckpointFile file, files_.Open(name));
      GEMMA4_RETURN_IF_ERROR(ReadFile(i, file.bytes).WithPrefix(name));
      builder_.AddFile(std::move(file.mapping));
    }
    GEMMA4_ASSIGN_OR_RETURN(std::vector<TensorView> joined, int4_groups_.Join());
    for (TensorView& tensor : joined) GEMMA4_RETURN_IF_ERROR(Add(std::move(tensor)));
    if (unknown_.size() > 0) {
      return Status::Corrupt("tensors that are not part of a Gemma 4 (%zu): %s", unknown_.size(),
                             unknown_.text().c_str());
    }
    return CheckIndexIsComplete();
  }

 private:
  Status ReadFile(size_t file_index, std::span<const std::byte> bytes) {
    GEMMA4_ASSIGN_OR_RETURN(std::vector<TensorView> tensors, ParseSafetensors(bytes));
    if (builder_.num_tensors() + tensors.size() > kMaxTensors) {
      return Status::Unsupported("the files hold more than %zu tensors", kMaxTensors);
    }
    for (TensorView& tensor : tensors) {
      GEMMA4_RETURN_IF_ERROR(CheckIndexAgrees(tensor.name, file_index));
      if (has_int4_groups_ && int4_groups_.Take(tensor)) continue;
      GEMMA4_RETURN_IF_ERROR(Add(std::move(tensor)));
    }
    return Status::Ok();
  }

  Status CheckIndexAgrees(const std::string& tensor_name, size_t file_index) {
    if (!weights_.index.has_value()) return Status::Ok();
    const SafetensorsIndex& index = *weights_.index;
    const SafetensorsIndex::Entry* entry = index.Find(tensor_name);
    if (entry == nullptr) {
      return Status::Corrupt("holds tensor %s, which %s does not list",
                             CutToOneLine(tensor_name).c_str(), kIndexName);
    }
    if (entry->file_index != file_index) {
      return Status::Corrupt("holds tensor %s, which %s puts into %s",
                             CutToOneLine(tensor_name).c_str(), kIndexName,
                             index.files[entry->file_index].c_str());
    }
    is_found_[static_cast<size_t>(entry - index.entries.data())] = true;
    return Status::Ok();
  }

  Status CheckIndexIsComplete() const {
    if (!weights_.index.has_value()) return Status::Ok();
    NameList missing;
    for (size_t i = 0; i < is_found_.size(); ++i) {
      if (is_found_[i]) continue;
      const SafetensorsIndex::Entry& entry = weights_.index->entries[i];
      missing.Add([&] {
        return CutToOneLine(entry.tensor_name) + " (in " + weights_.index->files[entry.file_index] +
               ")";
      });
    }
    if (missing.size() == 0) return Status::Ok();
    return Status::Corrupt("%s lists tensors that are not in their files (%zu): %s", kIndexName,
                           missing.size(), missing.text().c_str());
  }

  Status Add(TensorView tensor) {
    const auto claim = ClaimTensor(builder_.config(), tensor.name);
    if (!claim.ok() && claim.status().code() == StatusCode::kNotFound) {
      unknown_.Add([&] { return CutToOneLine(tensor.name); });
      return Status::Ok();
    }
    if (!claim.ok()) return claim.status();
    if (claim->use == TensorUse::kUsed) {
      if (!claim->prefix.empty()) prefix_ = claim->prefix;
      const bool is_float = tensor.type == DataType::kBF16 || tensor.type == DataType::kF16 ||
                            tensor.type == DataType::kF32;
      const bool is_linear = claim->role != TensorRole::kEmbedTokens &&
                             claim->role != TensorRole::kEmbedTokensPerLayer;
      if (!is_float && !(tensor.type == DataType::kW4G32 && is_linear)) {
        return Status::Unsupported("tensor %s is stored as %s; BF16, F16 and F32 are supported",
                                   CutToOneLine(tensor.name).c_str(), DataTypeName(tensor.type));
      }
    }
    builder_.AddTensor({std::move(tensor), claim->use, claim->role, claim->layer});
    return Status::Ok();
  }

  const CheckpointFiles& files_;
  const WeightFiles& weights_;
  const bool has_int4_groups_;
  CheckpointBuilder& builder_;
  Int4Groups int4_groups_;
  std::string prefix_ = "model.";
  NameList unknown_;
  std::vector<bool> is_found_;  // parallel to the index's entries
};

}  // namespace

StatusOr<Checkpoint> OpenSafetensorsCheckpoint(const CheckpointFiles& files,
                                               const std::string& weights_name,
                                               const OpenOptions& options) {
  GEMMA4_ASSIGN_OR_RETURN(ModelConfigJson config, ReadModelConfig(files));
  const bool has_int4_groups = config.has_int4_groups;
  CheckpointBuilder builder("safetensors", std::move(config.model));
  GEMMA4_ASSIGN_OR_RETURN(GenerationConfig generation_config,
                          ReadGenerationConfig(files, std::move(config.eos_token_ids)));
  builder.SetGenerationConfig(std::move(generation_config));
  GEMMA4_ASSIGN_OR_RETURN(const WeightFiles weights, FindWeights(files, weights_name));
  TensorReader reader(files, weights, has_int4_groups, builder);
  GEMMA4_RETURN_IF_ERROR(reader.ReadAll());
  // Last, since it is the largest by far: a broken checkpoint fails fast.
  GEMMA4_RETURN_IF_ERROR(ReadVocabulary(files, options, builder));
  return std::move(builder).Build(
      [&](TensorRole role, size_t layer) { return TensorName(reader.prefix(), role, layer); });
}

}  // namespace gemma4
