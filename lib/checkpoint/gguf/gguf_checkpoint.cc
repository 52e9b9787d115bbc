#include "lib/checkpoint/gguf/gguf_checkpoint.h"

#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/checkpoint/checkpoint_builder.h"
#include "lib/checkpoint/gguf/gguf_config.h"
#include "lib/checkpoint/gguf/gguf_file.h"
#include "lib/checkpoint/gguf/gguf_tensor_names.h"
#include "lib/checkpoint/gguf/gguf_vocabulary.h"
#include "lib/checkpoint/name_list.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {
namespace {

constexpr int64_t kMaxParts = 1000;

struct Part {
  CheckpointFile file;
  GgufFile gguf;
};

StatusOr<Part> OpenPart(const CheckpointFiles& files, const std::string& name) {
  Part part;
  GEMMA4_ASSIGN_OR_RETURN(part.file, files.Open(name));
  GEMMA4_ASSIGN_OR_RETURN(part.gguf, GgufFile::Parse(part.file.bytes, name));
  return part;
}

// "model-00002-of-00003.gguf" for part 1 of 3, from the name of any part; empty if `name` has not
// this form.
std::string PartName(const std::string& name, int64_t index, int64_t count) {
  char ending[64];
  const std::string_view number_of = "-00000-of-00000.gguf";
  if (name.size() <= number_of.size()) return "";
  std::snprintf(ending, sizeof(ending), "-of-%05lld.gguf", static_cast<long long>(count));
  if (!name.ends_with(ending)) return "";
  std::snprintf(ending, sizeof(ending), "-%05lld-of-%05lld.gguf", static_cast<long long>(index + 1),
                static_cast<long long>(count));
  return name.substr(0, name.size() - number_of.size()) + ending;
}

// All parts, the one with the metadata first.
StatusOr<std::vector<Part>> OpenParts(const CheckpointFiles& files, const std::string& name) {
  GEMMA4_ASSIGN_OR_RETURN(Part named, OpenPart(files, name));
  GEMMA4_ASSIGN_OR_RETURN(const auto count, named.gguf.Integer("split.count"));
  std::vector<Part> parts;
  if (!count || *count <= 1) {
    parts.push_back(std::move(named));
    return parts;
  }
  if (*count > kMaxParts) {
    return Status::Unsupported("%s: split.count is %lld; at most %lld is supported", name.c_str(),
                               static_cast<long long>(*count), static_cast<long long>(kMaxParts));
  }
  for (int64_t i = 0; i < *count; ++i) {
    const std::string part_name = PartName(name, i, *count);
    if (part_name.empty()) {
      return Status::NotFound(
          "%s is part of a model split into %lld files; its name must end in -00001-of-%05lld.gguf "
          "(or another number) for the others to be found",
          name.c_str(), static_cast<long long>(*count), static_cast<long long>(*count));
    }
    if (!files.Has(part_name)) {
      return Status::NotFound("%s, part %lld of %lld of the split model, is missing",
                              part_name.c_str(), static_cast<long long>(i + 1),
                              static_cast<long long>(*count));
    }
    GEMMA4_ASSIGN_OR_RETURN(Part part, OpenPart(files, part_name));
    GEMMA4_ASSIGN_OR_RETURN(const auto number, part.gguf.Integer("split.no"));
    GEMMA4_ASSIGN_OR_RETURN(const auto its_count, part.gguf.Integer("split.count"));
    if (number.value_or(-1) != i || its_count.value_or(-1) != *count) {
      return Status::Corrupt("%s: split.no is %lld of %lld; %lld of %lld is expected",
                             part_name.c_str(), static_cast<long long>(number.value_or(-1)),
                             static_cast<long long>(its_count.value_or(-1)),
                             static_cast<long long>(i), static_cast<long long>(*count));
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

const TensorView* FindTensor(const std::vector<Part>& parts, std::string_view name) {
  for (const Part& part : parts) {
    for (const TensorView& tensor : part.gguf.tensors()) {
      if (tensor.name == name) return &tensor;
    }
  }
  return nullptr;
}

// kCorrupt if a part is from another split.
Status CheckNumTensors(const std::vector<Part>& parts) {
  GEMMA4_ASSIGN_OR_RETURN(const auto expected, parts.front().gguf.Integer("split.tensors.count"));
  size_t found = 0;
  for (const Part& part : parts) found += part.gguf.tensors().size();
  if (!expected || *expected == static_cast<int64_t>(found)) return Status::Ok();
  return Status::Corrupt("split.tensors.count is %lld; the %zu files hold %zu tensors",
                         static_cast<long long>(*expected), parts.size(), found);
}

Status AddTensors(const std::vector<Part>& parts, CheckpointBuilder& builder) {
  NameList unknown;
  for (const Part& part : parts) {
    for (const TensorView& tensor : part.gguf.tensors()) {
      const auto claim = ClaimGgufTensor(builder.config(), tensor.name);
      if (!claim.ok() && claim.status().code() == StatusCode::kNotFound) {
        unknown.Add([&] { return CutToOneLine(tensor.name); });
        continue;
      }
      GEMMA4_RETURN_IF_ERROR(claim.status());
      if (claim->use == TensorUse::kUsed && !IsWeightType(tensor.type)) {
        return Status::Unsupported("tensor %s is stored as %s, which holds no weights",
                                   tensor.name.c_str(), DataTypeName(tensor.type));
      }
      TensorView view = tensor;
      // A matrix of one expert, or a vector, may have trailing dimensions of 1 that no role has.
      while (view.shape.size() > 1 && view.shape.front() == 1) view.shape.erase(view.shape.begin());
      builder.AddTensor({std::move(view), claim->use, claim->role, claim->layer});
    }
  }
  if (unknown.size() == 0) return Status::Ok();
  return Status::Corrupt("tensors that are not part of a Gemma 4 (%zu): %s", unknown.size(),
                         unknown.text().c_str());
}

StatusOr<Checkpoint> BuildFromParts(std::vector<Part> parts, const OpenOptions& options) {
  const GgufFile& first = parts.front().gguf;
  GEMMA4_RETURN_IF_ERROR(CheckNumTensors(parts));
  GEMMA4_ASSIGN_OR_RETURN(ModelConfig config, ReadGgufConfig(first, [&](std::string_view name) {
                            return FindTensor(parts, name);
                          }));
  CheckpointBuilder builder("gguf", std::move(config));
  GEMMA4_RETURN_IF_ERROR(AddTensors(parts, builder));
  GEMMA4_ASSIGN_OR_RETURN(GenerationConfig generation, ReadGgufGenerationConfig(first));
  GEMMA4_ASSIGN_OR_RETURN(const bool has_vocabulary, HasGgufVocabulary(first));
  if (has_vocabulary) builder.SetHasTokenizer();
  std::optional<Vocabulary> vocabulary;
  if (options.read_tokenizer) {
    GEMMA4_ASSIGN_OR_RETURN(vocabulary, ReadGgufVocabulary(first, options.cancel));
  }
  GEMMA4_ASSIGN_OR_RETURN(generation.stop_token_ids, ReadGgufStopTokens(first, vocabulary));
  builder.SetGenerationConfig(std::move(generation));
  if (vocabulary) {
    GEMMA4_RETURN_IF_ERROR(
        builder.SetVocabulary(*std::move(vocabulary)).WithPrefix("the tokenizer"));
  }
  for (Part& part : parts) builder.AddFile(std::move(part.file.mapping));
  return std::move(builder).Build(GgufTensorName);
}

}  // namespace

StatusOr<Checkpoint> OpenGgufCheckpoint(const CheckpointFiles& files, const std::string& name,
                                        const OpenOptions& options) {
  // Its messages name the file.
  GEMMA4_ASSIGN_OR_RETURN(std::vector<Part> parts, OpenParts(files, name));
  auto checkpoint = BuildFromParts(std::move(parts), options);
  if (!checkpoint.ok()) return checkpoint.status().WithPrefix(name);
  return checkpoint;
}

}  // namespace gemma4
