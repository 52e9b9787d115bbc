#include "lib/session/model_info.h"

#include <utility>

#include "lib/model/tensor_role.h"
#include "lib/model/variants.h"
#include "lib/transformer/pack_model.h"

namespace gemma4 {

StatusOr<ModelInfo> ModelInfo::FromPath(const std::string& path) {
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(path, {.read_tokenizer = false}));
  return ModelInfo(std::move(checkpoint));
}

StatusOr<ModelInfo> ModelInfo::FromMemory(std::span<const MemoryFile> files) {
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint,
                          OpenCheckpointFromMemory(files, {.read_tokenizer = false}));
  return ModelInfo(std::move(checkpoint));
}

ModelInfo::ModelInfo(Checkpoint checkpoint) : checkpoint_(std::move(checkpoint)) {
  for (const CheckpointTensor& tensor : checkpoint_.tensors()) {
    const bool used = tensor.use == TensorUse::kUsed;
    tensors_.push_back(
        {.name = tensor.view.name.c_str(),
         .type = DataTypeName(tensor.view.type),
         .shape = tensor.view.ShapeText(),
         .role = used ? TensorRoleName(tensor.role) : "",
         .num_elements = tensor.view.num_elements(),
         .size_bytes = tensor.view.data.size(),
         .use = tensor.use,
         .layer = used && IsPerLayer(tensor.role) ? static_cast<int32_t>(tensor.layer) : -1});
  }
}

const char* ModelInfo::variant() const { return VariantName(config()); }

StatusOr<MemoryEstimate> ModelInfo::EstimateMemory(const LoadOptions& load,
                                                   const SessionOptions& session) const {
  // What a load and a session would refuse.
  GEMMA4_RETURN_IF_ERROR(CheckOptions(load));
  GEMMA4_RETURN_IF_ERROR(Sampler::Create(session.sampler, config().vocab_size).status());
  if (checkpoint_.packed()) {
    GEMMA4_RETURN_IF_ERROR(CheckPackedKey(checkpoint_.packed()->key, load.arithmetic));
  }
  GEMMA4_ASSIGN_OR_RETURN(MemoryEstimate estimate, EstimateModelMemory(checkpoint_, load));
  GEMMA4_ASSIGN_OR_RETURN(const size_t max_context_tokens,
                          Session::ContextTokens(config(), session.max_context_tokens));
  const KvType kv_type = session.kv_type.value_or(Session::DefaultKvType(load.arithmetic));
  estimate.kv_bytes =
      EstimateSessionMemory(config(), max_context_tokens, load.prefill_chunk_tokens, kv_type);
  return estimate;
}

}  // namespace gemma4
