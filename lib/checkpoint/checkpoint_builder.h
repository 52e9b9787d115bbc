// Puts a Checkpoint together and checks that it is whole: the last step of every format's reader.
#ifndef GEMMA4_LIB_CHECKPOINT_CHECKPOINT_BUILDER_H_
#define GEMMA4_LIB_CHECKPOINT_CHECKPOINT_BUILDER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "lib/base/mapped_file.h"
#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/model/tensor_role.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

// Used once: set everything, then Build().
class CheckpointBuilder {
 public:
  // `format` is Checkpoint::format(). `config` has been validated.
  CheckpointBuilder(std::string format, ModelConfig config);

  const ModelConfig& config() const { return checkpoint_.config_; }

  // Ids outside the vocabulary are left out: they can be neither made nor suppressed.
  void SetGenerationConfig(GenerationConfig generation_config);

  // kCorrupt if the tokenizer has more pieces than the model has embeddings, or another <bos>.
  Status SetVocabulary(Vocabulary vocabulary);
  // There is one, which nobody wants to know more of.
  void SetHasTokenizer() { checkpoint_.has_tokenizer_ = true; }

  void SetPackedLinears(PackedLinears packed) { checkpoint_.packed_ = std::move(packed); }

  // Keeps the file mapped as long as the checkpoint lives. One in memory has no mapping.
  void AddFile(MappedFile file) {
    if (!file.bytes().empty()) checkpoint_.files_.push_back(std::move(file));
  }

  size_t num_tensors() const { return checkpoint_.tensors_.size(); }
  void AddTensor(CheckpointTensor tensor) { checkpoint_.tensors_.push_back(std::move(tensor)); }

  // Holds the used tensors against ExpectedTensors(config). kCorrupt names what is there twice,
  // missing, of another shape or of no use; `tensor_name` gives the format's name of a role.
  StatusOr<Checkpoint> Build(
      const std::function<std::string(TensorRole role, size_t layer)>& tensor_name) &&;

 private:
  Checkpoint checkpoint_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_CHECKPOINT_BUILDER_H_
