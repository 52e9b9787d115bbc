#include "lib/checkpoint/gguf/gguf_tensor_names.h"

#include <charconv>
#include <iterator>
#include <optional>

#include "lib/base/one_line.h"

namespace gemma4 {
namespace {

// Indexed by TensorRole: the name, in a layer after "blk.<i>.".
constexpr std::string_view kNames[] = {
    "token_embd.weight",
    "output.weight",
    "output_norm.weight",
    "per_layer_token_embd.weight",
    "per_layer_model_proj.weight",
    "per_layer_proj_norm.weight",
    "attn_norm.weight",
    "post_attention_norm.weight",
    "ffn_norm.weight",
    "post_ffw_norm.weight",
    "attn_q.weight",
    "attn_k.weight",
    "attn_v.weight",
    "attn_output.weight",
    "attn_q_norm.weight",
    "attn_k_norm.weight",
    "ffn_gate.weight",
    "ffn_up.weight",
    "ffn_down.weight",
    "layer_output_scale.weight",
    "inp_gate.weight",
    "proj.weight",
    "post_norm.weight",
    "ffn_gate_inp.weight",
    "ffn_gate_inp.scale",
    "ffn_down_exps.scale",
    "ffn_gate_up_exps.weight",
    "ffn_down_exps.weight",
    "pre_ffw_norm_2.weight",
    "post_ffw_norm_1.weight",
    "post_ffw_norm_2.weight",
    "ffn_gate_exps.weight",
    "ffn_up_exps.weight",
};
static_assert(std::size(kNames) == kNumTensorRoles);

std::optional<TensorRole> FindRole(std::string_view name, bool is_per_layer) {
  if (name == "layer_output_scale") name = "layer_output_scale.weight";  // some converters
  for (size_t i = 0; i < kNumTensorRoles; ++i) {
    const TensorRole role = static_cast<TensorRole>(i);
    if (IsPerLayer(role) == is_per_layer && kNames[i] == name) return role;
  }
  return std::nullopt;
}

bool IsKeyOrValue(TensorRole role) {
  return role == TensorRole::kKProj || role == TensorRole::kVProj || role == TensorRole::kKNorm;
}

bool IsGateOrUpOfExperts(TensorRole role) {
  return role == TensorRole::kExpertsGateUpProj || role == TensorRole::kExpertsGateProj ||
         role == TensorRole::kExpertsUpProj;
}

Status Unknown(std::string_view name) {
  return Status::NotFound("tensor %s is not part of a Gemma 4", CutToOneLine(name).c_str());
}

// kCorrupt for a part that the metadata says this model does not have.
Status CheckIsPart(const ModelConfig& config, TensorRole role, std::string_view name) {
  const bool is_absent_embedding =
      IsPerLayerEmbedding(role) && config.hidden_size_per_layer_input == 0;
  if (!is_absent_embedding && !(IsMoe(role) && !config.moe.has_value())) return Status::Ok();
  return Status::Corrupt(
      "tensor %s exists, but %s is 0", CutToOneLine(name).c_str(),
      is_absent_embedding ? "gemma4.embedding_length_per_layer_input" : "gemma4.expert_count");
}

}  // namespace

StatusOr<GgufTensorClaim> ClaimGgufTensor(const ModelConfig& config, std::string_view name) {
  // Read with the configuration.
  if (name == "rope_freqs.weight") return GgufTensorClaim{.use = TensorUse::kDead};
  if (!name.starts_with("blk.")) {
    const std::optional<TensorRole> role = FindRole(name, /*is_per_layer=*/false);
    if (!role) return Unknown(name);
    GEMMA4_RETURN_IF_ERROR(CheckIsPart(config, *role, name));
    return GgufTensorClaim{.role = *role};
  }
  GgufTensorClaim claim;
  const std::string_view rest = name.substr(4);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), claim.layer);
  const size_t num_digits = static_cast<size_t>(end - rest.data());
  if (error != std::errc() || num_digits == rest.size() || rest[num_digits] != '.' ||
      (num_digits > 1 && rest[0] == '0')) {
    return Unknown(name);
  }
  if (claim.layer >= config.num_layers()) {
    return Status::Corrupt("tensor %s is of layer %zu; gemma4.block_count is %zu",
                           CutToOneLine(name).c_str(), claim.layer, config.num_layers());
  }
  const std::optional<TensorRole> role =
      FindRole(rest.substr(num_digits + 1), /*is_per_layer=*/true);
  if (!role) return Unknown(name);
  GEMMA4_RETURN_IF_ERROR(CheckIsPart(config, *role, name));
  if (config.moe && IsGateOrUpOfExperts(*role) &&
      config.moe->has_split_gate_up == (*role == TensorRole::kExpertsGateUpProj)) {
    return Status::Corrupt("tensor %s: the experts of other layers have gate and up %s",
                           CutToOneLine(name).c_str(),
                           config.moe->has_split_gate_up ? "apart" : "together");
  }
  claim.role = *role;
  // Released files hold K/V tensors of layers that read another layer's K/V.
  if (IsKeyOrValue(*role) && !config.OwnsKv(claim.layer)) claim.use = TensorUse::kDead;
  return claim;
}

std::string GgufTensorName(TensorRole role, size_t layer) {
  std::string name;
  if (IsPerLayer(role)) name = "blk." + std::to_string(layer) + ".";
  return name.append(kNames[static_cast<size_t>(role)]);
}

}  // namespace gemma4
