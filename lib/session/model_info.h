// ModelInfo: what a checkpoint is, from its headers alone.
#ifndef GEMMA4_LIB_SESSION_MODEL_INFO_H_
#define GEMMA4_LIB_SESSION_MODEL_INFO_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/model/model_config.h"
#include "lib/session/memory_estimate.h"
#include "lib/session/session.h"

namespace gemma4 {

// Immutable. Owns the opened checkpoint, whose tensors stay untouched.
class ModelInfo {
 public:
  struct Tensor {
    const char* name;
    const char* type;
    std::string shape;  // "[2048, 1536]"
    const char* role;   // "" if it is not used
    uint64_t num_elements;
    uint64_t size_bytes;
    TensorUse use;
    int32_t layer;  // -1 if it belongs to none
  };

  static StatusOr<ModelInfo> FromPath(const std::string& path);
  static StatusOr<ModelInfo> FromMemory(std::span<const MemoryFile> files);

  const ModelConfig& config() const { return checkpoint_.config(); }
  const char* variant() const;
  const std::string& format() const { return checkpoint_.format(); }
  bool has_tokenizer() const { return checkpoint_.has_tokenizer(); }
  std::span<const Tensor> tensors() const { return tensors_; }

  const GenerationConfig& generation_config() const { return checkpoint_.generation_config(); }

  // Of a model loaded so, with one session made so. kInvalidArgument as those calls.
  StatusOr<MemoryEstimate> EstimateMemory(const LoadOptions& load,
                                          const SessionOptions& session) const;

 private:
  explicit ModelInfo(Checkpoint checkpoint);

  Checkpoint checkpoint_;
  std::vector<Tensor> tensors_;  // texts belong to checkpoint_ but for `shape`
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_MODEL_INFO_H_
