#include <gemma4/chat.h>
#include <gemma4/info.h>

#include <utility>
#include <vector>

#include "lib/api/boundary.h"
#include "lib/api/load_options.h"
#include "lib/api/memory_files.h"
#include "lib/api/params.h"
#include "lib/api/session_options.h"
#include "lib/session/model_info.h"
#include "lib/text/chat/chat_variant.h"

struct gemma4_model_info {
  gemma4::ModelInfo info;
};

namespace gemma4 {
namespace {

Status Give(StatusOr<ModelInfo> info, gemma4_model_info** out_info) {
  if (!info.ok()) return info.status();
  *out_info = new gemma4_model_info{std::move(info).value()};
  return Status::Ok();
}

gemma4_tensor_use ToPublic(TensorUse use) {
  switch (use) {
    case TensorUse::kUsed: return GEMMA4_TENSOR_USED;
    case TensorUse::kSetAside: return GEMMA4_TENSOR_SET_ASIDE;
    case TensorUse::kDead: return GEMMA4_TENSOR_DEAD;
  }
  return GEMMA4_TENSOR_DEAD;
}

}  // namespace
}  // namespace gemma4

gemma4_status gemma4_model_inspect(const char* path, gemma4_model_info** out_info) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(out_info, "out_info"));
    *out_info = nullptr;
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(path, "path"));
    return gemma4::Give(gemma4::ModelInfo::FromPath(path), out_info);
  });
}

gemma4_status gemma4_model_inspect_memory(const gemma4_memory_file* files, size_t num_files,
                                          gemma4_model_info** out_info) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(out_info, "out_info"));
    *out_info = nullptr;
    GEMMA4_ASSIGN_OR_RETURN(const std::vector<gemma4::MemoryFile> memory_files,
                            gemma4::MemoryFilesOf(files, num_files));
    return gemma4::Give(gemma4::ModelInfo::FromMemory(memory_files), out_info);
  });
}

void gemma4_model_info_free(gemma4_model_info* info) { delete info; }

const char* gemma4_model_info_variant(const gemma4_model_info* info) {
  return info != nullptr ? info->info.variant() : "";
}

const char* gemma4_model_info_format(const gemma4_model_info* info) {
  return info != nullptr ? info->info.format().c_str() : "";
}

gemma4_chat_variant gemma4_model_info_chat_variant(const gemma4_model_info* info) {
  if (info == nullptr) return GEMMA4_CHAT_AUTO;
  return gemma4::PublishedVariant(info->info.config()) == gemma4::ChatVariant::kSmall
             ? GEMMA4_CHAT_SMALL
             : GEMMA4_CHAT_LARGE;
}

size_t gemma4_model_info_max_context_tokens(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().max_position_embeddings : 0;
}

size_t gemma4_model_info_vocab_size(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().vocab_size : 0;
}

size_t gemma4_model_info_hidden_size(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().hidden_size : 0;
}

size_t gemma4_model_info_num_layers(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().num_layers() : 0;
}

size_t gemma4_model_info_num_kv_layers(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().last_kv_layer() + 1 : 0;
}

size_t gemma4_model_info_sliding_window(const gemma4_model_info* info) {
  return info != nullptr ? info->info.config().sliding_window : 0;
}

int32_t gemma4_model_info_has_tokenizer(const gemma4_model_info* info) {
  return info != nullptr && info->info.has_tokenizer() ? 1 : 0;
}

gemma4_status gemma4_memory_estimate(const gemma4_model_info* info,
                                     const gemma4_load_params* load_params,
                                     const gemma4_session_params* session_params,
                                     gemma4_memory_needs* out_needs) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(out_needs, "out_needs"));
    GEMMA4_RETURN_IF_ERROR(gemma4::CheckStruct(out_needs));
    gemma4::WriteStruct(gemma4::ParamsTraits<gemma4_memory_needs>::kDefaults, out_needs);
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(info, "info"));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::LoadOptions load, gemma4::LoadOptionsOf(load_params));
    GEMMA4_ASSIGN_OR_RETURN(
        const gemma4::SessionOptions session,
        gemma4::SessionOptionsOf(session_params, info->info.generation_config()));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::MemoryEstimate estimate,
                            info->info.EstimateMemory(load, session));
    gemma4_memory_needs needs = GEMMA4_MEMORY_NEEDS_INIT;
    needs.weights_mapped_bytes = estimate.weights_mapped_bytes;
    needs.weights_resident_bytes = estimate.weights_resident_bytes;
    needs.kv_bytes = estimate.kv_bytes;
    needs.scratch_bytes = estimate.scratch_bytes;
    needs.resident_bytes = estimate.resident_bytes();
    gemma4::WriteStruct(needs, out_needs);
    return gemma4::Status::Ok();
  });
}

size_t gemma4_model_info_num_tensors(const gemma4_model_info* info) {
  return info != nullptr ? info->info.tensors().size() : 0;
}

gemma4_status gemma4_model_info_tensor(const gemma4_model_info* info, size_t index,
                                       gemma4_tensor_info* out_tensor) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(out_tensor, "out_tensor"));
    GEMMA4_RETURN_IF_ERROR(gemma4::CheckStruct(out_tensor));
    gemma4::WriteStruct(gemma4::ParamsTraits<gemma4_tensor_info>::kDefaults, out_tensor);
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(info, "info"));
    if (index >= info->info.tensors().size()) {
      return gemma4::Status::InvalidArgument("tensor %zu was asked for; there are %zu", index,
                                             info->info.tensors().size());
    }
    const gemma4::ModelInfo::Tensor& tensor = info->info.tensors()[index];
    gemma4_tensor_info given = GEMMA4_TENSOR_INFO_INIT;
    given.name = tensor.name;
    given.type = tensor.type;
    given.shape = tensor.shape.c_str();
    given.role = tensor.role;
    given.num_elements = tensor.num_elements;
    given.size_bytes = tensor.size_bytes;
    given.use = gemma4::ToPublic(tensor.use);
    given.layer = tensor.layer;
    gemma4::WriteStruct(given, out_tensor);
    return gemma4::Status::Ok();
  });
}
