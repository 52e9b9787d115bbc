// include/gemma4/model.h
#include <gemma4/model.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/boundary.h"
#include "lib/api/cpu_floor.h"
#include "lib/api/handles.h"
#include "lib/api/load_options.h"
#include "lib/api/memory_files.h"
#include "lib/api/params.h"
#include "lib/model/variants.h"

namespace gemma4 {
namespace {

gemma4_weights WeightsOf(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kAuto: return GEMMA4_WEIGHTS_AUTO;
    case Arithmetic::kInt8: return GEMMA4_WEIGHTS_INT8;
    case Arithmetic::kExact: return GEMMA4_WEIGHTS_EXACT;
    case Arithmetic::kInt4Blocks: return GEMMA4_WEIGHTS_INT4;
    case Arithmetic::kInt4Rows: return GEMMA4_WEIGHTS_INT4_ROWS;
  }
  return -1;
}

// The same frame for every way to load. `load` is given LoadOptions.
template <typename Load>
gemma4_status LoadAtBoundary(const gemma4_load_params* params, gemma4_model** out_model,
                             Load&& load) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_model, "out_model"));
    *out_model = nullptr;
    GEMMA4_RETURN_IF_ERROR(CheckCpu());
    GEMMA4_ASSIGN_OR_RETURN(const LoadOptions options, LoadOptionsOf(params));
    StatusOr<std::shared_ptr<const LoadedModel>> model = load(options);
    GEMMA4_RETURN_IF_ERROR(model.status());
    *out_model = new gemma4_model{std::move(model).value()};
    return Status::Ok();
  });
}

}  // namespace
}  // namespace gemma4

using gemma4::InitParams;
using gemma4::LoadAtBoundary;
using gemma4::LoadedModel;
using gemma4::LoadOptions;
using gemma4::RequireGiven;
using gemma4::StatusOr;

using ModelOr = StatusOr<std::shared_ptr<const LoadedModel>>;

void gemma4_load_params_init(gemma4_load_params* params, size_t struct_size) {
  InitParams(params, struct_size);
}

gemma4_status gemma4_model_load(const char* path, const gemma4_load_params* params,
                                gemma4_model** out_model) {
  return LoadAtBoundary(params, out_model, [&](const LoadOptions& options) -> ModelOr {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(path, "path"));
    return LoadedModel::LoadFromPath(path, options);
  });
}

gemma4_status gemma4_model_load_memory(const gemma4_memory_file* files, size_t num_files,
                                       const gemma4_load_params* params, gemma4_model** out_model) {
  return LoadAtBoundary(params, out_model, [&](const LoadOptions& options) -> ModelOr {
    GEMMA4_ASSIGN_OR_RETURN(const auto memory_files, gemma4::MemoryFilesOf(files, num_files));
    return LoadedModel::LoadFromMemory(memory_files, options);
  });
}

gemma4_status gemma4_model_pack(const char* path, const char* out_path,
                                const gemma4_load_params* params) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(path, "path"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_path, "out_path"));
    GEMMA4_RETURN_IF_ERROR(gemma4::CheckCpu());
    GEMMA4_ASSIGN_OR_RETURN(const LoadOptions options, gemma4::LoadOptionsOf(params));
    return LoadedModel::Pack(path, out_path, options);
  });
}

gemma4_status gemma4_model_verify(const char* path) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(path, "path"));
    return LoadedModel::Verify(path);
  });
}

gemma4_status gemma4_model_load_descriptor(int descriptor, uint64_t offset, uint64_t size_bytes,
                                           const gemma4_load_params* params,
                                           gemma4_model** out_model) {
  return LoadAtBoundary(params, out_model, [&](const LoadOptions& options) -> ModelOr {
    return LoadedModel::LoadFromDescriptor(descriptor, offset, size_bytes, options);
  });
}

gemma4_status gemma4_model_load_reader(uint64_t size_bytes, gemma4_read_at read_at, void* userdata,
                                       const gemma4_load_params* params, gemma4_model** out_model) {
  return LoadAtBoundary(params, out_model, [&](const LoadOptions& options) -> ModelOr {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(reinterpret_cast<const void*>(read_at), "read_at"));
    return LoadedModel::LoadFromReader(
        size_bytes,
        [&](uint64_t offset, std::span<std::byte> piece) {
          return read_at(offset, piece.data(), piece.size(), userdata) == 0;
        },
        options);
  });
}

void gemma4_model_retain(gemma4_model* model) {
  if (model != nullptr) model->num_references.fetch_add(1, std::memory_order_relaxed);
}

void gemma4_model_free(gemma4_model* model) {
  // The last one sees everything that the others did.
  if (model != nullptr && model->num_references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete model;
  }
}

size_t gemma4_model_hidden_size(const gemma4_model* model) {
  return model != nullptr ? model->model->config().hidden_size : 0;
}

size_t gemma4_model_vocab_size(const gemma4_model* model) {
  return model != nullptr ? model->model->config().vocab_size : 0;
}

size_t gemma4_model_max_context_tokens(const gemma4_model* model) {
  return model != nullptr ? model->model->config().max_position_embeddings : 0;
}

const char* gemma4_model_variant(const gemma4_model* model) {
  return model != nullptr ? gemma4::VariantName(model->model->config()) : "";
}

const char* gemma4_model_format(const gemma4_model* model) {
  return model != nullptr ? model->model->format().c_str() : "";
}

gemma4_weights gemma4_model_weights(const gemma4_model* model) {
  if (model == nullptr) return -1;
  return gemma4::WeightsOf(model->model->arithmetic());
}

size_t gemma4_model_num_threads(const gemma4_model* model) {
  return model != nullptr ? model->model->num_threads() : 0;
}

size_t gemma4_model_prefill_chunk_tokens(const gemma4_model* model) {
  return model != nullptr ? model->model->prefill_chunk_tokens() : 0;
}

int32_t gemma4_model_has_tokenizer(const gemma4_model* model) {
  return model != nullptr && model->model->tokenizer() != nullptr ? 1 : 0;
}

int32_t gemma4_model_bos_token_id(const gemma4_model* model) {
  return model != nullptr ? model->model->config().bos_token_id : -1;
}

const int32_t* gemma4_model_stop_token_ids(const gemma4_model* model, size_t* out_num_ids) {
  if (out_num_ids != nullptr) *out_num_ids = 0;
  if (model == nullptr) return nullptr;
  const auto& ids = model->model->generation_config().stop_token_ids;
  if (out_num_ids != nullptr) *out_num_ids = ids.size();
  return ids.empty() ? nullptr : ids.data();
}
