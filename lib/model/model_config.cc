#include "lib/model/model_config.h"

#include <cmath>

namespace gemma4 {
namespace {

// Bounds far above any real model that keep every product of a tensor's dimensions, in elements
// and in bytes, below 2^63: the largest is [num_experts, 2 * moe_intermediate_size, hidden_size].
constexpr size_t kMaxWidth = size_t{1} << 20;
constexpr size_t kMaxVocabSize = size_t{1} << 24;
constexpr size_t kMaxHeads = size_t{1} << 12;
constexpr size_t kMaxHeadDim = size_t{1} << 14;
constexpr size_t kMaxExperts = size_t{1} << 12;
constexpr size_t kMaxPosition = (size_t{1} << 31) - 1;

Status CheckRange(const char* key, size_t value, size_t low, size_t high) {
  if (value >= low && value <= high) return Status::Ok();
  return Status::Corrupt("%s is %zu; %zu to %zu is allowed", key, value, low, high);
}

Status CheckTokenId(const char* key, int32_t id, size_t vocab_size) {
  if (id >= 0 && static_cast<size_t>(id) < vocab_size) return Status::Ok();
  return Status::Corrupt("%s is %d; 0 to %zu (vocab_size - 1) is allowed", key, id, vocab_size - 1);
}

Status CheckRope(const char* kind, const RopeConfig& rope) {
  if (!std::isfinite(rope.theta) || rope.theta <= 0.0) {
    return Status::Corrupt("rope_theta of %s is %g; it must be finite and above 0", kind,
                           rope.theta);
  }
  if (!std::isfinite(rope.factor) || rope.factor <= 0.0) {
    return Status::Corrupt("rope factor of %s is %g; it must be finite and above 0", kind,
                           rope.factor);
  }
  if (!(rope.partial_rotary_factor >= 0.0 && rope.partial_rotary_factor <= 1.0)) {
    return Status::Corrupt("partial_rotary_factor of %s is %g; 0 to 1 is allowed", kind,
                           rope.partial_rotary_factor);
  }
  return Status::Ok();
}

Status CheckMoe(const MoeConfig& moe) {
  GEMMA4_RETURN_IF_ERROR(CheckRange("num_experts", moe.num_experts, 1, kMaxExperts));
  GEMMA4_RETURN_IF_ERROR(CheckRange("top_k_experts", moe.top_k_experts, 1, moe.num_experts));
  return CheckRange("moe_intermediate_size", moe.moe_intermediate_size, 1, kMaxWidth);
}

Status CheckLayer(const ModelConfig& config, size_t l) {
  const LayerConfig& layer = config.layers[l];
  GEMMA4_RETURN_IF_ERROR(CheckRange("head_dim", layer.head_dim, 2, kMaxHeadDim));
  if (layer.head_dim % 2 != 0) {
    return Status::Corrupt("head_dim is %zu; it must be even, since rotary pairs its halves",
                           layer.head_dim);
  }
  GEMMA4_RETURN_IF_ERROR(
      CheckRange("num_key_value_heads", layer.num_key_value_heads, 1, kMaxHeads));
  if (config.num_attention_heads % layer.num_key_value_heads != 0) {
    return Status::Corrupt("num_key_value_heads is %zu; it must divide the %zu query heads",
                           layer.num_key_value_heads, config.num_attention_heads);
  }
  GEMMA4_RETURN_IF_ERROR(
      CheckRange("intermediate_size", layer.intermediate_size, 1, 2 * kMaxWidth));
  if (layer.k_eq_v && layer.kind == LayerKind::kSliding) {
    return Status::Corrupt("attention_k_eq_v holds for full attention layers only");
  }

  const size_t num_owners = config.num_layers() - config.num_kv_shared_layers;
  if (l < num_owners ? layer.kv_source != l : layer.kv_source >= num_owners) {
    return Status::Corrupt("it reads the K/V of layer %zu; the first %zu layers own K/V",
                           layer.kv_source, num_owners);
  }
  const LayerConfig& source = config.layers[layer.kv_source];
  if (source.kind != layer.kind || source.head_dim != layer.head_dim ||
      source.num_key_value_heads != layer.num_key_value_heads) {
    return Status::Corrupt(
        "it has %zu K/V heads of %zu, but shares the K/V of layer %zu, which has %zu of %zu",
        layer.num_key_value_heads, layer.head_dim, layer.kv_source, source.num_key_value_heads,
        source.head_dim);
  }
  return Status::Ok();
}

}  // namespace

Status ModelConfig::Validate() const {
  GEMMA4_RETURN_IF_ERROR(CheckRange("vocab_size", vocab_size, 1, kMaxVocabSize));
  GEMMA4_RETURN_IF_ERROR(CheckRange("hidden_size", hidden_size, 1, kMaxWidth));
  GEMMA4_RETURN_IF_ERROR(CheckRange("num_attention_heads", num_attention_heads, 1, kMaxHeads));
  GEMMA4_RETURN_IF_ERROR(CheckRange("num_hidden_layers", num_layers(), 1, kMaxLayers));
  GEMMA4_RETURN_IF_ERROR(CheckRange("sliding_window", sliding_window, 1, kMaxPosition));
  GEMMA4_RETURN_IF_ERROR(
      CheckRange("max_position_embeddings", max_position_embeddings, 1, kMaxPosition));
  if (!std::isfinite(rms_norm_eps) || rms_norm_eps < 0.0f) {
    return Status::Corrupt("rms_norm_eps is %g; it must be finite and not negative", rms_norm_eps);
  }
  if (!std::isfinite(final_logit_softcapping) || final_logit_softcapping < 0.0f) {
    return Status::Corrupt("final_logit_softcapping is %g; it must be finite and above 0",
                           final_logit_softcapping);
  }

  GEMMA4_RETURN_IF_ERROR(
      CheckRange("hidden_size_per_layer_input", hidden_size_per_layer_input, 0, kMaxWidth));
  if (hidden_size_per_layer_input > 0) {
    // An id past the per-layer table could not be looked up.
    GEMMA4_RETURN_IF_ERROR(
        CheckRange("vocab_size_per_layer_input", num_per_layer_rows(), vocab_size, kMaxVocabSize));
  }
  if (num_kv_shared_layers >= num_layers()) {
    return Status::Corrupt("num_kv_shared_layers is %zu; it must be below the %zu layers",
                           num_kv_shared_layers, num_layers());
  }
  if (moe.has_value()) GEMMA4_RETURN_IF_ERROR(CheckMoe(*moe));
  GEMMA4_RETURN_IF_ERROR(CheckRope("sliding_attention", sliding_rope));
  GEMMA4_RETURN_IF_ERROR(CheckRope("full_attention", full_rope));
  for (size_t l = 0; l < num_layers(); ++l) {
    GEMMA4_RETURN_IF_ERROR(CheckLayer(*this, l).WithPrefix("layer " + std::to_string(l)));
  }
  GEMMA4_RETURN_IF_ERROR(CheckTokenId("bos_token_id", bos_token_id, vocab_size));
  GEMMA4_RETURN_IF_ERROR(CheckTokenId("eos_token_id", eos_token_id, vocab_size));
  return CheckTokenId("pad_token_id", pad_token_id, vocab_size);
}

}  // namespace gemma4
