// ModelConfig: every number of one Gemma 4 text decoder. No I/O, no math.
//
// Fields keep the names of transformers' configuration_gemma4.py where they mean the same.
#ifndef GEMMA4_LIB_MODEL_MODEL_CONFIG_H_
#define GEMMA4_LIB_MODEL_MODEL_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

enum class LayerKind : uint8_t {
  kSliding,  // sees the last `sliding_window` positions, itself included
  kFull,     // sees every earlier position
};

// Rotary embedding of one layer kind. Pair (i, i + head_dim/2) turns by
//   position * theta^(-2 i / head_dim) / factor   for i < num_rotated_pairs(head_dim),
// and later pairs do not turn. The exponent's denominator is the whole head_dim also where only a
// part rotates ("proportional").
struct RopeConfig {
  double theta = 10000.0;
  double factor = 1.0;
  double partial_rotary_factor = 1.0;  // 1 for "default", which always rotates the whole head

  size_t num_rotated_pairs(size_t head_dim) const {
    return static_cast<size_t>(partial_rotary_factor * static_cast<double>(head_dim) / 2);
  }
};

// What differs from layer to layer.
struct LayerConfig {
  LayerKind kind = LayerKind::kSliding;
  size_t head_dim = 0;
  size_t num_key_value_heads = 0;
  size_t intermediate_size = 0;  // FFN width of this layer, double-wide already applied
  bool k_eq_v = false;           // values are the raw k projection; there is no v_proj

  // The layer whose K/V this one reads: its own index if it computes them (it "owns" K/V), else
  // the last owning layer of its kind.
  size_t kv_source = 0;
};

struct MoeConfig {
  size_t num_experts = 0;
  size_t top_k_experts = 0;
  size_t moe_intermediate_size = 0;
  bool has_split_gate_up = false;  // experts' gate and up projections are stored apart
};

// More than any Gemma 4 has (31B: 60), and few enough that a broken file cannot make us allocate.
inline constexpr size_t kMaxLayers = 1024;

struct ModelConfig {
  std::string model_type;  // "gemma4", "gemma4_text", "gemma4_unified", "gemma4_unified_text"

  size_t vocab_size = 0;
  size_t hidden_size = 0;
  size_t num_attention_heads = 0;
  size_t sliding_window = 0;
  size_t max_position_embeddings = 0;
  float rms_norm_eps = 1e-6f;
  float final_logit_softcapping = 0.0f;  // 0: no cap
  bool tie_word_embeddings = true;

  size_t hidden_size_per_layer_input = 0;  // P of the per-layer embeddings; 0: none
  size_t vocab_size_per_layer_input = 0;   // rows of the per-layer table; 0: as vocab_size
  size_t num_kv_shared_layers = 0;
  std::optional<MoeConfig> moe;

  RopeConfig sliding_rope;
  RopeConfig full_rope;

  std::vector<LayerConfig> layers;

  int32_t bos_token_id = 2;
  int32_t eos_token_id = 1;
  int32_t pad_token_id = 0;

  // Ids of image, audio and video placeholders. The multimodal classes look them up as
  // pad_token_id; empty in text-only models, which look every id up as it is.
  std::vector<int32_t> placeholder_token_ids;

  size_t num_layers() const { return layers.size(); }
  bool OwnsKv(size_t layer) const { return layers[layer].kv_source == layer; }
  const RopeConfig& rope(LayerKind kind) const {
    return kind == LayerKind::kFull ? full_rope : sliding_rope;
  }
  // The last layer that owns K/V: prefill ends there for every row whose logits nobody reads.
  size_t last_kv_layer() const { return num_layers() - num_kv_shared_layers - 1; }
  // Rows of embed_tokens_per_layer.
  size_t num_per_layer_rows() const {
    return vocab_size_per_layer_input != 0 ? vocab_size_per_layer_input : vocab_size;
  }

  // Every relation between the numbers that the decoder relies on. kCorrupt or
  // kUnsupported names the key, the value found and the value allowed.
  Status Validate() const;
};

// What generation_config.json (or a GGUF's metadata) says about making text.
struct GenerationConfig {
  std::vector<int32_t> stop_token_ids;      // generation ends after one of these
  std::vector<int32_t> suppress_token_ids;  // never sampled, not even greedily
  bool do_sample = false;                   // false: greedy
  float temperature = 1.0f;
  size_t top_k = 64;
  float top_p = 0.95f;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_MODEL_MODEL_CONFIG_H_
