#include "lib/transformer/model_weights.h"

#include <cassert>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "lib/base/finite.h"
#include "lib/quant/dequantize.h"
#include "lib/transformer/layer_plan.h"
#include "lib/transformer/linear_formats.h"

namespace gemma4 {
namespace {

// Ids of packed weights: the model's own linears first, then kNumLayerLinears a layer.
constexpr size_t kHeadId = 0;
constexpr size_t kPerLayerModelEarlyId = 1;
constexpr size_t kPerLayerModelLateId = 2;
constexpr size_t kFirstLayerId = 3;

std::vector<float> ReadVector(const Checkpoint& checkpoint, TensorRole role, size_t layer = 0) {
  const TensorView* tensor = checkpoint.Find(role, layer);
  if (tensor == nullptr) return {};
  std::vector<float> values(tensor->num_elements());
  Dequantize(tensor->type, tensor->data.data(), values);
  return values;
}

// Rows [begin, end) of a [rows, columns] tensor.
TensorView Rows(const TensorView& tensor, size_t begin, size_t end) {
  TensorView rows = tensor;
  const size_t row_bytes = StoredSizeBytes(tensor.type, tensor.shape[1]);
  rows.shape[0] = end - begin;
  if (!tensor.data.empty()) {  // it is where linear layers are packed already
    rows.data = tensor.data.subspan(begin * row_bytes, (end - begin) * row_bytes);
    const size_t scale_bytes = tensor.scales.size() / tensor.shape[0];
    rows.scales = tensor.scales.subspan(begin * scale_bytes, (end - begin) * scale_bytes);
  }
  return rows;
}

// What every linear layer of one model has in common.
struct Stacking {
  const std::optional<PackedLinears>& packed;
  Arithmetic arithmetic;
  const GridCheck& grid_check;
};

// Expert `e` of a [num_experts, rows, columns] tensor.
TensorView Expert(const TensorView& tensor, size_t e) {
  TensorView expert = tensor;
  expert.shape.erase(expert.shape.begin());
  if (!tensor.data.empty()) {
    const size_t size_bytes = StoredSizeBytes(tensor.type, expert.num_elements());
    expert.data = tensor.data.subspan(e * size_bytes, size_bytes);
  }
  return expert;
}

LinearSource Stack(size_t id, std::vector<TensorView> parts, const Stacking& stacking) {
  LinearSource source;
  source.id = id;
  for (const TensorView& part : parts) {
    if (part.shape[0] == 0) continue;
    source.in_features = part.shape[1];
    source.out_features += part.shape[0];
    source.parts.push_back(part);
  }
  if (!source.exists()) return source;
  const PackedLinear* packed = stacking.packed ? stacking.packed->Find(id) : nullptr;
  source.format = packed != nullptr ? static_cast<LinearFormat>(packed->format)
                                    : ChooseLinearFormat(stacking.arithmetic, source.parts,
                                                         source.in_features, stacking.grid_check);
  return source;
}

// Ids of a layer's router and experts follow those of all layers' other linears.
MoeWeights ReadMoe(const Checkpoint& checkpoint, const Stacking& stacking, size_t l) {
  const ModelConfig& config = checkpoint.config();
  const size_t num_experts = config.moe->num_experts;
  size_t id = kFirstLayerId + config.num_layers() * kNumLayerLinears + l * (1 + 2 * num_experts);
  using enum TensorRole;
  MoeWeights moe;
  // A router of few rows decides much: it is never rounded.
  const Stacking exactly{stacking.packed, Arithmetic::kExact, stacking.grid_check};
  moe.router = Stack(id++, {*checkpoint.Find(kRouterProj, l)}, exactly);
  for (size_t e = 0; e < num_experts; ++e) {
    std::vector<TensorView> gate_up;
    for (TensorRole role : {kExpertsGateUpProj, kExpertsGateProj, kExpertsUpProj}) {
      if (const TensorView* t = checkpoint.Find(role, l)) gate_up.push_back(Expert(*t, e));
    }
    moe.gate_up.push_back(Stack(id++, std::move(gate_up), stacking));
    moe.down.push_back(Stack(id++, {Expert(*checkpoint.Find(kExpertsDownProj, l), e)}, stacking));
  }
  moe.router_scale = ReadVector(checkpoint, kRouterScale, l);
  for (float& scale : moe.router_scale) scale /= std::sqrt(static_cast<float>(config.hidden_size));
  moe.per_expert_scale = ReadVector(checkpoint, kRouterPerExpertScale, l);
  moe.pre_feedforward_norm_2 = ReadVector(checkpoint, kPreFeedforwardNorm2, l);
  moe.post_feedforward_norm_1 = ReadVector(checkpoint, kPostFeedforwardNorm1, l);
  moe.post_feedforward_norm_2 = ReadVector(checkpoint, kPostFeedforwardNorm2, l);
  return moe;
}

LayerWeights ReadLayer(const Checkpoint& checkpoint, const Stacking& stacking, size_t l) {
  const ModelConfig& config = checkpoint.config();
  const LayerPlan plan = PlanLayer(config, l);
  LayerWeights layer;
  layer.input_norm = ReadVector(checkpoint, TensorRole::kInputNorm, l);
  layer.post_attention_norm = ReadVector(checkpoint, TensorRole::kPostAttentionNorm, l);
  layer.pre_feedforward_norm = ReadVector(checkpoint, TensorRole::kPreFeedforwardNorm, l);
  layer.post_feedforward_norm = ReadVector(checkpoint, TensorRole::kPostFeedforwardNorm, l);
  layer.post_per_layer_input_norm = ReadVector(checkpoint, TensorRole::kPostPerLayerInputNorm, l);
  layer.q_norm = ReadVector(checkpoint, TensorRole::kQNorm, l);
  layer.k_norm = ReadVector(checkpoint, TensorRole::kKNorm, l);
  layer.layer_scalar = ReadVector(checkpoint, TensorRole::kLayerScalar, l)[0];

  const auto stack = [&](LayerLinear which, std::initializer_list<TensorRole> roles) {
    std::vector<TensorView> parts;
    for (TensorRole role : roles) {
      if (const TensorView* tensor = checkpoint.Find(role, l)) parts.push_back(*tensor);
    }
    const size_t index = static_cast<size_t>(which);
    layer.linears[index] =
        Stack(kFirstLayerId + l * kNumLayerLinears + index, std::move(parts), stacking);
  };
  using enum TensorRole;
  if (plan.computes_kv && !plan.narrows_rows) {
    stack(LayerLinear::kQueryKeyValue, {kQProj, kKProj, kVProj});
  } else {
    stack(LayerLinear::kQuery, {kQProj});
    if (plan.computes_kv) stack(LayerLinear::kKeyValue, {kKProj, kVProj});
  }
  stack(LayerLinear::kOutput, {kOProj});
  stack(LayerLinear::kGateUp, {kGateProj, kUpProj});
  stack(LayerLinear::kDown, {kDownProj});
  stack(LayerLinear::kPerLayerInputGate, {kPerLayerInputGate});
  stack(LayerLinear::kPerLayerProjection, {kPerLayerProjection});
  if (config.moe.has_value()) layer.moe = ReadMoe(checkpoint, stacking, l);
  return layer;
}

}  // namespace

uint64_t LinearSource::stored_bytes() const {
  uint64_t total = 0;
  for (const TensorView& part : parts) total += part.data.size();
  return total;
}

Status CheckVectors(const Checkpoint& checkpoint) {
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (tensor.use != TensorUse::kUsed || tensor.view.shape.size() > 1) continue;
    std::vector<float> values(tensor.view.num_elements());
    Dequantize(tensor.view.type, tensor.view.data.data(), values);
    if (AllFinite(values)) continue;
    return Status::Corrupt("%s has a value that is not a finite number", tensor.view.name.c_str());
  }
  return Status::Ok();
}

ModelWeights::ModelWeights(const Checkpoint& source, Arithmetic arithmetic,
                           const GridCheck& grid_check)
    : checkpoint(source), config(source.config()) {
  const Stacking stacking{checkpoint.packed(), arithmetic, grid_check};
  for (size_t l = 0; l < config.num_layers(); ++l)
    layers.push_back(ReadLayer(checkpoint, stacking, l));
  embed_tokens = *checkpoint.Find(TensorRole::kEmbedTokens);
  final_norm = ReadVector(checkpoint, TensorRole::kFinalNorm);
  const TensorView* lm_head = checkpoint.Find(TensorRole::kLmHead);
  head = Stack(kHeadId, {lm_head != nullptr ? *lm_head : embed_tokens}, stacking);

  if (const size_t ple_size = config.hidden_size_per_layer_input; ple_size > 0) {
    embed_tokens_per_layer = *checkpoint.Find(TensorRole::kEmbedTokensPerLayer);
    per_layer_projection_norm = ReadVector(checkpoint, TensorRole::kPerLayerProjectionNorm);
    const TensorView& projection = *checkpoint.Find(TensorRole::kPerLayerModelProjection);
    const size_t cut = config.last_kv_layer() * ple_size;
    per_layer_model_early = Stack(kPerLayerModelEarlyId, {Rows(projection, 0, cut)}, stacking);
    per_layer_model_late =
        Stack(kPerLayerModelLateId, {Rows(projection, cut, projection.shape[0])}, stacking);
  }
}

Status ModelWeights::AdoptPacked(const PackedLinears& given) {
  for (const LinearSource* source : AllLinears()) {
    const PackedLinear* linear = given.Find(source->id);
    if (linear == nullptr) {
      return Status::Corrupt("the packed weights of linear layer %zu are missing", source->id);
    }
    const LinearFormat format = static_cast<LinearFormat>(linear->format);
    if (linear->format >= kNumLinearFormats || linear->in_features != source->in_features ||
        linear->out_features != source->out_features ||
        FormatFor(format, source->in_features) != format) {
      return Status::Corrupt(
          "the packed weights of linear layer %zu are %zu x %zu in format %d; "
          "%zu x %zu are expected",
          source->id, linear->out_features, linear->in_features, linear->format,
          source->out_features, source->in_features);
    }
    GEMMA4_ASSIGN_OR_RETURN(const size_t size_bytes,
                            PackedSizeBytes(format, source->in_features, source->out_features));
    if (linear->bytes.size() != size_bytes) {
      return Status::Corrupt(
          "the packed weights of linear layer %zu have %zu bytes; %zu are "
          "expected",
          source->id, linear->bytes.size(), size_bytes);
    }
    packed.Adopt(source->id, linear->bytes);
  }
  return Status::Ok();
}

Status ModelWeights::Pack(const LinearSource& source, const PackingOptions& options) {
  if (packed.Contains(source.id)) return Status::Ok();
  PackingOptions giving_back = options;
  giving_back.after_reading = [this](std::span<const std::byte> read) {
    checkpoint.GiveBack(read);
  };
  return PackLinear(source.format, source.spec(), giving_back, packed);
}

StatusOr<Linear> ModelWeights::MakeLinear(const LinearSource& source,
                                          const PackingOptions& options) {
  GEMMA4_RETURN_IF_ERROR(Pack(source, options));
  return Linear::Create(packed, source.format, source.spec());
}

StatusOr<uint64_t> ModelWeights::AllPackedBytes() const {
  uint64_t total = 0;
  for (const LinearSource* source : AllLinears()) {
    GEMMA4_ASSIGN_OR_RETURN(
        const size_t size_bytes,
        PackedSizeBytes(source->format, source->in_features, source->out_features));
    total += size_bytes;
  }
  return total;
}

uint64_t ModelWeights::BytesPerToken(
    const std::function<uint64_t(const LinearSource& source)>& packed_bytes) const {
  const auto bytes_of = [&](const LinearSource& source) {
    return source.exists() ? packed_bytes(source) : 0;
  };
  uint64_t total =
      bytes_of(head) + bytes_of(per_layer_model_early) + bytes_of(per_layer_model_late);
  for (const LayerWeights& layer : layers) {
    for (const LinearSource& source : layer.linears) total += bytes_of(source);
    if (!layer.moe.has_value()) continue;
    uint64_t experts = 0;
    for (const LinearSource& source : layer.moe->gate_up) experts += bytes_of(source);
    for (const LinearSource& source : layer.moe->down) experts += bytes_of(source);
    total +=
        bytes_of(layer.moe->router) + experts * config.moe->top_k_experts / config.moe->num_experts;
  }
  return total;
}

std::vector<const LinearSource*> ModelWeights::AllLinears() const {
  std::vector<const LinearSource*> all;
  const auto add = [&](const LinearSource& source) {
    if (source.exists()) all.push_back(&source);
  };
  add(per_layer_model_early);
  add(per_layer_model_late);
  for (const LayerWeights& layer : layers) {
    for (const LinearSource& source : layer.linears) add(source);
    if (!layer.moe) continue;
    add(layer.moe->router);
    for (const LinearSource& source : layer.moe->gate_up) add(source);
    for (const LinearSource& source : layer.moe->down) add(source);
  }
  add(head);
  return all;
}

}  // namespace gemma4
