// config.json; and the two other small JSON files that lie beside it, which share its reader.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/checkpoint/safetensors/generation_config_json.h"
#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/checkpoint/safetensors/safetensors_index.h"
#include "lib/model/tensor_role.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

void CheckModelConfig(std::span<const std::byte> file) {
  const AllocationLimit limit(file.size());
  const auto config = ParseModelConfigJson(file);
  RequireGoodStatus(config.status());
  if (!config.ok()) return;
  const ModelConfig& model = config->model;
  Require(model.Validate().ok(), "a configuration that was read is valid",
          model.Validate().message());
  Require(model.num_layers() >= 1 && model.num_layers() <= kMaxLayers, "layers are bounded");
  for (size_t l = 0; l < model.num_layers(); ++l) {
    const LayerConfig& layer = model.layers[l];
    Require(layer.kv_source <= l && model.OwnsKv(layer.kv_source),
            "K/V come from an earlier layer");
    Require(model.layers[layer.kv_source].kind == layer.kind, "K/V come from a layer of this kind");
    Require(model.rope(layer.kind).num_rotated_pairs(layer.head_dim) <= layer.head_dim / 2,
            "no more pairs turn than there are");
  }
  // Everything that is sized by the configuration can be computed.
  for (const ExpectedTensor& tensor : ExpectedTensors(model)) {
    size_t num_elements = 4;  // bytes of the widest
    for (const size_t dim : tensor.shape) {
      Require(dim > 0, "no tensor is empty");
      Require(!__builtin_mul_overflow(num_elements, dim, &num_elements), "tensors can be counted");
    }
  }
}

void CheckGenerationConfig(std::span<const std::byte> file) {
  const AllocationLimit limit(file.size());
  const auto config = ParseGenerationConfigJson(file, {1});
  RequireGoodStatus(config.status());
  if (!config.ok()) return;
  Require(std::isfinite(config->temperature) && config->temperature > 0.0f,
          "the temperature can be divided by");
  Require(config->top_p >= 0.0f && config->top_p <= 1.0f, "top_p is a probability");
}

void CheckIndex(std::span<const std::byte> file) {
  const AllocationLimit limit(file.size());
  const auto index = ParseSafetensorsIndex(file);
  RequireGoodStatus(index.status());
  if (!index.ok()) return;
  for (const SafetensorsIndex::Entry& entry : index->entries) {
    Require(entry.file_index < index->files.size(), "an entry names a file of the index");
    Require(index->Find(entry.tensor_name) == &entry, "an entry is found by its name",
            entry.tensor_name);
  }
  for (const std::string& name : index->files) {
    Require(name.find('/') == name.npos && name.find('\0') == name.npos && !name.empty(),
            "shards lie beside their index", name);
  }
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span(data, size));
  gemma4::fuzz::CheckModelConfig(file);
  gemma4::fuzz::CheckGenerationConfig(file);
  gemma4::fuzz::CheckIndex(file);
  return 0;
}
