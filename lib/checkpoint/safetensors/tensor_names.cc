#include "lib/checkpoint/safetensors/tensor_names.h"

#include <charconv>
#include <iterator>
#include <optional>

#include "lib/base/one_line.h"
#include "lib/checkpoint/file_kind.h"

namespace gemma4 {
namespace {

// Indexed by TensorRole: the name after the prefix, and in a layer after "layers.<i>.".
constexpr std::string_view kNames[] = {
    "embed_tokens.weight",
    "lm_head.weight",
    "norm.weight",
    "embed_tokens_per_layer.weight",
    "per_layer_model_projection.weight",
    "per_layer_projection_norm.weight",
    "input_layernorm.weight",
    "post_attention_layernorm.weight",
    "pre_feedforward_layernorm.weight",
    "post_feedforward_layernorm.weight",
    "self_attn.q_proj.weight",
    "self_attn.k_proj.weight",
    "self_attn.v_proj.weight",
    "self_attn.o_proj.weight",
    "self_attn.q_norm.weight",
    "self_attn.k_norm.weight",
    "mlp.gate_proj.weight",
    "mlp.up_proj.weight",
    "mlp.down_proj.weight",
    "layer_scalar",
    "per_layer_input_gate.weight",
    "per_layer_projection.weight",
    "post_per_layer_input_norm.weight",
    "router.proj.weight",
    "router.scale",
    "router.per_expert_scale",
    "experts.gate_up_proj",
    "experts.down_proj",
    "pre_feedforward_layernorm_2.weight",
    "post_feedforward_layernorm_1.weight",
    "post_feedforward_layernorm_2.weight",
    "",  // experts' gate and up are one tensor
    "",
};
static_assert(std::size(kNames) == kNumTensorRoles);

// Longest first: each is a prefix of none before it.
constexpr std::string_view kPrefixes[] = {"model.language_model.", "language_model.model.",
                                          "language_model.", "model."};

// Under "model." or without it.
constexpr std::string_view kMultimodalModules[] = {
    "vision_tower.", "audio_tower.", "embed_vision.", "embed_audio.", "vision_embedder.",
};

bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool IsMultimodal(std::string_view name) {
  ConsumePrefix(name, "model.");
  for (std::string_view module : kMultimodalModules) {
    if (name.starts_with(module)) return true;
  }
  return false;
}

std::optional<TensorRole> FindRole(std::string_view name, bool is_per_layer) {
  for (size_t i = 0; i < kNumTensorRoles; ++i) {
    const TensorRole role = static_cast<TensorRole>(i);
    if (IsPerLayer(role) == is_per_layer && kNames[i] == name && !name.empty()) return role;
  }
  return std::nullopt;
}

// PEFT's names: the adapter's own matrices, and weights that wait for theirs.
bool IsOfAdapter(std::string_view name) {
  for (std::string_view part : {".lora_A.", ".lora_B.", ".lora_embedding_A", ".lora_embedding_B",
                                ".lora_magnitude_vector", ".base_layer."}) {
    if (name.find(part) != name.npos) return true;
  }
  return name.starts_with("base_model.model.");
}

Status Unknown(std::string_view full_name) {
  if (IsOfAdapter(full_name)) {
    return Status::Unsupported("tensor %s is of %s", CutToOneLine(full_name).c_str(), kAdapter);
  }
  return Status::NotFound("tensor %s is not part of a Gemma 4", CutToOneLine(full_name).c_str());
}

// `name` follows "layers.<layer>.".
StatusOr<TensorClaim> ClaimLayerTensor(const ModelConfig& config, size_t layer,
                                       std::string_view name, std::string_view full_name) {
  TensorClaim claim{.layer = layer};
  // Released E2B and E4B files hold K/V tensors of layers that read another layer's K/V.
  if (!config.OwnsKv(layer)) {
    for (std::string_view module : {"k_proj.", "v_proj.", "k_norm.", "v_norm."}) {
      std::string_view rest = name;
      if (ConsumePrefix(rest, "self_attn.") && rest.starts_with(module)) {
        claim.use = TensorUse::kDead;
        return claim;
      }
    }
  }
  const std::optional<TensorRole> role = FindRole(name, /*is_per_layer=*/true);
  if (!role.has_value()) return Unknown(full_name);
  if (*role == TensorRole::kVProj && config.layers[layer].k_eq_v) {
    return Status::Corrupt(
        "tensor %s exists, but attention_k_eq_v says that layer %zu takes its values from k_proj",
        CutToOneLine(full_name).c_str(), layer);
  }
  claim.role = *role;
  return claim;
}

// `name` follows the prefix.
StatusOr<TensorClaim> ClaimTextTensor(const ModelConfig& config, std::string_view name,
                                      std::string_view full_name) {
  if (name.find("rotary_emb.") != name.npos || name.ends_with(".k_cache_scale") ||
      name.ends_with(".v_cache_scale")) {
    return TensorClaim{.use = TensorUse::kDead};
  }
  TensorClaim claim;
  if (ConsumePrefix(name, "layers.")) {
    size_t layer = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
    const std::string_view digits(name.data(), static_cast<size_t>(end - name.data()));
    if (error == std::errc::invalid_argument || (digits.size() > 1 && digits[0] == '0')) {
      return Unknown(full_name);
    }
    if (error != std::errc() || layer >= config.num_layers()) {
      return Status::Corrupt("tensor %s is of layer %.20s; the config has layers 0 to %zu",
                             CutToOneLine(full_name).c_str(), std::string(digits).c_str(),
                             config.num_layers() - 1);
    }
    name.remove_prefix(digits.size());
    if (!ConsumePrefix(name, ".")) return Unknown(full_name);
    GEMMA4_ASSIGN_OR_RETURN(claim, ClaimLayerTensor(config, layer, name, full_name));
  } else {
    const std::optional<TensorRole> role = FindRole(name, /*is_per_layer=*/false);
    if (!role.has_value() || *role == TensorRole::kLmHead) return Unknown(full_name);
    claim.role = *role;
  }
  if (claim.use != TensorUse::kUsed) return claim;
  if (IsPerLayerEmbedding(claim.role) && config.hidden_size_per_layer_input == 0) {
    return Status::Corrupt("tensor %s exists, but hidden_size_per_layer_input is 0",
                           CutToOneLine(full_name).c_str());
  }
  if (IsMoe(claim.role) && !config.moe.has_value()) {
    return Status::Corrupt("tensor %s exists, but enable_moe_block is not true",
                           CutToOneLine(full_name).c_str());
  }
  return claim;
}

}  // namespace

StatusOr<TensorClaim> ClaimTensor(const ModelConfig& config, std::string_view name) {
  if (IsMultimodal(name)) return TensorClaim{.use = TensorUse::kSetAside};
  if (name == "lm_head.weight" || name == "language_model.lm_head.weight") {
    return TensorClaim{.use = config.tie_word_embeddings ? TensorUse::kDead : TensorUse::kUsed,
                       .role = TensorRole::kLmHead};
  }
  for (std::string_view prefix : kPrefixes) {
    std::string_view rest = name;
    if (!ConsumePrefix(rest, prefix)) continue;
    if (rest.ends_with(".bias") && !IsOfAdapter(name)) {
      return Status::Unsupported("tensor %s is a bias; Gemma 4's decoder has none",
                                 CutToOneLine(name).c_str());
    }
    GEMMA4_ASSIGN_OR_RETURN(TensorClaim claim, ClaimTextTensor(config, rest, name));
    claim.prefix = prefix;
    return claim;
  }
  return Unknown(name);
}

std::string TensorName(std::string_view prefix, TensorRole role, size_t layer) {
  const std::string_view name = kNames[static_cast<size_t>(role)];
  if (role == TensorRole::kLmHead) return std::string(name);
  std::string full(prefix);
  if (IsPerLayer(role)) full += "layers." + std::to_string(layer) + ".";
  return full.append(name);
}

}  // namespace gemma4
