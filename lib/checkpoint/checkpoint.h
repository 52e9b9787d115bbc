// Checkpoint: an opened model file (or folder of files), whatever its format: the configuration,
// the vocabulary, and a view of every tensor that the decoder computes with.
#ifndef GEMMA4_LIB_CHECKPOINT_CHECKPOINT_H_
#define GEMMA4_LIB_CHECKPOINT_CHECKPOINT_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/mapped_file.h"
#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/checkpoint/packed/packed_linear.h"
#include "lib/model/model_config.h"
#include "lib/model/tensor_role.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

struct OpenOptions {
  // A tokenizer is most of what there is to read. False: only whether there is one.
  bool read_tokenizer = true;
  const CancelFlag* cancel = nullptr;  // looked at while a tokenizer is read
};

// What was done with one tensor of the file(s).
enum class TensorUse : uint8_t {
  kUsed,      // the decoder computes with it
  kSetAside,  // belongs to vision or audio
  kDead,  // K/V of a sharing layer, a tied lm_head, rotary tables: in files, never computed with
};

struct CheckpointTensor {
  TensorView view;
  TensorUse use = TensorUse::kUsed;
  TensorRole role = TensorRole::kEmbedTokens;  // only where kUsed
  size_t layer = 0;                            // only where kUsed and per layer
};

// Whether linear layers hold the tensor's weights, so that a packed file need not have them twice.
inline bool IsHeldByLinears(const CheckpointTensor& tensor) {
  return tensor.view.shape.size() >= 2 && tensor.role != TensorRole::kEmbedTokens &&
         tensor.role != TensorRole::kEmbedTokensPerLayer;
}

// Move-only; owns the mappings that every view points into. Immutable after it was opened, so any
// thread may read it.
class Checkpoint {
 public:
  Checkpoint() = default;
  Checkpoint(Checkpoint&&) = default;
  Checkpoint& operator=(Checkpoint&&) = default;

  const ModelConfig& config() const { return config_; }
  const GenerationConfig& generation_config() const { return generation_config_; }

  // Absent when the checkpoint carries no tokenizer (the golden references do not): such a model
  // runs on token ids only.
  const std::optional<Vocabulary>& vocabulary() const { return vocabulary_; }
  void DropVocabulary() { vocabulary_.reset(); }
  // Whether the checkpoint carries one, read or not.
  bool has_tokenizer() const { return has_tokenizer_; }

  // "safetensors", "gguf" or "packed"
  const std::string& format() const { return format_; }

  // Linear layers that are packed already, if any. In a packed file these hold their weights alone:
  // the tensors have names and shapes, and no data.
  const std::optional<PackedLinears>& packed() const { return packed_; }

  // The files that are mapped; none for one in memory.
  std::span<const MappedFile> files() const { return files_; }

  // After a tensor's data was read, for the last time or for a while: MappedFile::GiveBack(). Does
  // nothing for data in the caller's memory.
  void GiveBack(std::span<const std::byte> data) const {
    for (const MappedFile& file : files_) {
      if (file.GiveBack(data)) return;
    }
  }

  // Before a table of which a few rows are read now and then: MappedFile::ReadSparsely().
  void ReadSparsely(std::span<const std::byte> data) const {
    for (const MappedFile& file : files_) {
      if (file.ReadSparsely(data)) return;
    }
  }

  // Keeps a file mapped that views point into.
  void Keep(MappedFile file) { files_.push_back(std::move(file)); }

  // Takes linear layers that were packed from this checkpoint earlier; `file` holds their bytes.
  void AttachPacked(PackedLinears packed, MappedFile file) {
    packed_ = std::move(packed);
    files_.push_back(std::move(file));
  }

  // The tensor of this role, or null if this configuration has none. Every tensor of
  // ExpectedTensors(config()) is there, with the shape it says.
  const TensorView* Find(TensorRole role, size_t layer = 0) const;

  // Every tensor in the files, in name order.
  std::span<const CheckpointTensor> tensors() const { return tensors_; }

 private:
  friend class CheckpointBuilder;

  ModelConfig config_;
  GenerationConfig generation_config_;
  std::optional<Vocabulary> vocabulary_;
  bool has_tokenizer_ = false;
  std::string format_;
  std::optional<PackedLinears> packed_;
  std::vector<MappedFile> files_;
  std::vector<CheckpointTensor> tensors_;
  std::vector<std::array<const TensorView*, kNumTensorRoles>> by_role_;  // [max(1, num_layers)]
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_CHECKPOINT_H_
