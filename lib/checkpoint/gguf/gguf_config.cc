#include "lib/checkpoint/gguf/gguf_config.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/checkpoint/file_kind.h"
#include "lib/model/kv_sharing.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {
namespace {

constexpr const char* kPrefix = "gemma4.";

// How much of a full layer's head turns where a file has no rope_freqs.
constexpr double kPartialRotaryFactor = 0.25;
// A divisor of the angle from here on means: this pair does not turn.
constexpr float kDoesNotTurn = 1e29f;

constexpr uint64_t kMaxSuppressed = 4096;

const char* WhatElse(std::string_view architecture) {
  if (architecture == "clip") {
    return "the vision and audio part of a model (an mmproj file), without its text decoder";
  }
  return DescribeForeignModel(architecture);
}

class ConfigReader {
 public:
  ConfigReader(const GgufFile& file, const FindGgufTensor& find_tensor)
      : file_(file), find_tensor_(find_tensor) {}

  StatusOr<ModelConfig> Read() {
    GEMMA4_RETURN_IF_ERROR(CheckArchitecture());
    config_.model_type = "gemma4_text";
    GEMMA4_ASSIGN_OR_RETURN(const size_t num_layers, Size("block_count"));
    if (num_layers < 1 || num_layers > kMaxLayers) {
      return Status::Corrupt("gemma4.block_count is %zu; 1 to %zu is allowed", num_layers,
                             kMaxLayers);
    }
    config_.layers.resize(num_layers);
    GEMMA4_ASSIGN_OR_RETURN(config_.hidden_size, Size("embedding_length"));
    GEMMA4_ASSIGN_OR_RETURN(config_.max_position_embeddings, Size("context_length"));
    GEMMA4_ASSIGN_OR_RETURN(config_.num_attention_heads, Size("attention.head_count"));
    GEMMA4_ASSIGN_OR_RETURN(config_.sliding_window, Size("attention.sliding_window"));
    GEMMA4_ASSIGN_OR_RETURN(config_.num_kv_shared_layers, Size("attention.shared_kv_layers", 0));
    GEMMA4_ASSIGN_OR_RETURN(config_.hidden_size_per_layer_input,
                            Size("embedding_length_per_layer_input", 0));
    GEMMA4_ASSIGN_OR_RETURN(const double eps, Number("attention.layer_norm_rms_epsilon", 1e-6));
    config_.rms_norm_eps = static_cast<float>(eps);
    GEMMA4_ASSIGN_OR_RETURN(const double softcap, Number("final_logit_softcapping", 0.0));
    config_.final_logit_softcapping = static_cast<float>(softcap);
    GEMMA4_RETURN_IF_ERROR(ReadTables());
    GEMMA4_RETURN_IF_ERROR(ReadLayers());
    GEMMA4_RETURN_IF_ERROR(ReadRope());
    GEMMA4_RETURN_IF_ERROR(ReadMoe());
    GEMMA4_RETURN_IF_ERROR(ReadTokenIds());
    GEMMA4_RETURN_IF_ERROR(config_.Validate());
    return std::move(config_);
  }

 private:
  // An adapter bears the architecture of its model, and so does a drafter in some files.
  Status CheckArchitecture() const {
    GEMMA4_ASSIGN_OR_RETURN(const auto type, file_.String("general.type"));
    if (type == "adapter") return Status::Unsupported("is %s", kAdapter);
    if (type == "imatrix") return Status::Unsupported("is an importance matrix, not a model");
    GEMMA4_ASSIGN_OR_RETURN(const auto architecture, file_.String("general.architecture"));
    if (!architecture) return Status::Corrupt("general.architecture is missing");
    if (*architecture != "gemma4") {
      return Status::Unsupported("general.architecture \"%s\" is %s; gemma4 is supported",
                                 CutToOneLine(*architecture).c_str(), WhatElse(*architecture));
    }
    GEMMA4_ASSIGN_OR_RETURN(const auto drafter, file_.String("gemma4.assistant.type"));
    if (drafter) return Status::Unsupported("gemma4.assistant.type is there: it is %s", kDrafter);
    return Status::Ok();
  }

  static std::string Key(const char* key) { return std::string(kPrefix) + key; }

  StatusOr<size_t> Size(const char* key, std::optional<size_t> fallback = std::nullopt) const {
    GEMMA4_ASSIGN_OR_RETURN(const auto value, file_.Integer(Key(key)));
    if (!value && fallback) return *fallback;
    if (!value) return Status::Corrupt("gemma4.%s is missing", key);
    return CheckSize(key, *value);
  }

  // 2^32 is far beyond every range that Validate() allows.
  static StatusOr<size_t> CheckSize(const char* key, int64_t value) {
    if (value >= 0 && value <= std::numeric_limits<uint32_t>::max()) {
      return static_cast<size_t>(value);
    }
    return Status::Corrupt("gemma4.%s is %lld; a number from 0 to 4294967295 is allowed", key,
                           static_cast<long long>(value));
  }

  StatusOr<double> Number(const char* key, double fallback) const {
    GEMMA4_ASSIGN_OR_RETURN(const auto value, file_.Number(Key(key)));
    return value.value_or(fallback);
  }

  // One number for all layers, or one for each.
  StatusOr<std::vector<size_t>> SizesOfLayers(const char* key) const {
    std::vector<size_t> sizes;
    const size_t num_layers = config_.num_layers();
    if (!file_.IsArray(Key(key))) {
      GEMMA4_ASSIGN_OR_RETURN(const size_t size, Size(key));
      sizes.assign(num_layers, size);
      return sizes;
    }
    GEMMA4_RETURN_IF_ERROR(CheckLength(key));
    GEMMA4_RETURN_IF_ERROR(file_
                               .ForEachInteger(Key(key),
                                               [&](size_t, int64_t value) -> Status {
                                                 GEMMA4_ASSIGN_OR_RETURN(const size_t size,
                                                                         CheckSize(key, value));
                                                 sizes.push_back(size);
                                                 return Status::Ok();
                                               })
                               .status());
    return sizes;
  }

  Status CheckLength(const char* key) const {
    const uint64_t length = file_.ArraySize(Key(key));
    if (length == config_.num_layers()) return Status::Ok();
    return Status::Corrupt("gemma4.%s has %llu elements; there are %zu layers", key,
                           static_cast<unsigned long long>(length), config_.num_layers());
  }

  // What the tables' shapes say. Whether they are there, and whole, the builder checks.
  Status ReadTables() {
    const TensorView* embeddings = find_tensor_("token_embd.weight");
    if (embeddings == nullptr) return Status::Corrupt("tensor token_embd.weight is missing");
    if (embeddings->shape.size() != 2) {
      return Status::Corrupt("tensor token_embd.weight is %s; two dimensions are expected",
                             embeddings->ShapeText().c_str());
    }
    config_.vocab_size = embeddings->shape[0];
    config_.tie_word_embeddings = find_tensor_("output.weight") == nullptr;
    const TensorView* per_layer = find_tensor_("per_layer_token_embd.weight");
    if (config_.hidden_size_per_layer_input > 0 && per_layer != nullptr &&
        per_layer->shape.size() == 2) {
      config_.vocab_size_per_layer_input = per_layer->shape[0];
    }
    return Status::Ok();
  }

  Status ReadLayers() {
    constexpr const char* kPattern = "attention.sliding_window_pattern";
    if (!file_.IsArray(Key(kPattern))) {
      return Status::Corrupt("gemma4.%s is missing, or no array with an element for each layer",
                             kPattern);
    }
    GEMMA4_RETURN_IF_ERROR(CheckLength(kPattern));
    GEMMA4_RETURN_IF_ERROR(file_
                               .ForEachInteger(Key(kPattern),
                                               [&](size_t l, int64_t is_sliding) {
                                                 config_.layers[l].kind = is_sliding != 0
                                                                              ? LayerKind::kSliding
                                                                              : LayerKind::kFull;
                                                 return Status::Ok();
                                               })
                               .status());
    if (config_.layers.back().kind != LayerKind::kFull) {
      return Status::Corrupt("gemma4.%s says that the last layer is sliding; it must be full",
                             kPattern);
    }
    GEMMA4_ASSIGN_OR_RETURN(const size_t full_head_dim, Size("attention.key_length"));
    GEMMA4_ASSIGN_OR_RETURN(const size_t sliding_head_dim,
                            Size("attention.key_length_swa", full_head_dim));
    GEMMA4_RETURN_IF_ERROR(CheckEqual("attention.value_length", full_head_dim));
    GEMMA4_RETURN_IF_ERROR(CheckEqual("attention.value_length_swa", sliding_head_dim));
    GEMMA4_ASSIGN_OR_RETURN(const auto kv_heads, SizesOfLayers("attention.head_count_kv"));
    GEMMA4_ASSIGN_OR_RETURN(const auto widths, SizesOfLayers("feed_forward_length"));
    for (size_t l = 0; l < config_.num_layers(); ++l) {
      LayerConfig& layer = config_.layers[l];
      layer.head_dim = layer.kind == LayerKind::kFull ? full_head_dim : sliding_head_dim;
      layer.num_key_value_heads = kv_heads[l];
      layer.intermediate_size = widths[l];
    }
    GEMMA4_RETURN_IF_ERROR(AssignKvSources(config_));
    for (size_t l = 0; l < config_.num_layers(); ++l) {
      const std::string value_name = "blk." + std::to_string(l) + ".attn_v.weight";
      config_.layers[l].k_eq_v = config_.layers[l].kind == LayerKind::kFull && config_.OwnsKv(l) &&
                                 find_tensor_(value_name) == nullptr;
    }
    return Status::Ok();
  }

  Status CheckEqual(const char* key, size_t expected) const {
    GEMMA4_ASSIGN_OR_RETURN(const size_t value, Size(key, expected));
    if (value == expected) return Status::Ok();
    return Status::Corrupt("gemma4.%s is %zu; keys have %zu, and values must be as long", key,
                           value, expected);
  }

  Status ReadRope() {
    GEMMA4_ASSIGN_OR_RETURN(config_.full_rope.theta, Number("rope.freq_base", 1e6));
    GEMMA4_ASSIGN_OR_RETURN(config_.sliding_rope.theta, Number("rope.freq_base_swa", 1e4));
    const size_t head_dim = config_.layers.back().head_dim;
    GEMMA4_RETURN_IF_ERROR(CheckEqualRope("rope.dimension_count", head_dim));
    for (const LayerConfig& layer : config_.layers) {
      if (layer.kind != LayerKind::kSliding) continue;
      GEMMA4_RETURN_IF_ERROR(CheckEqualRope("rope.dimension_count_swa", layer.head_dim));
    }
    config_.full_rope.partial_rotary_factor = kPartialRotaryFactor;
    const TensorView* divisors = find_tensor_("rope_freqs.weight");
    return divisors != nullptr ? ReadRopeDivisors(*divisors, head_dim) : Status::Ok();
  }

  Status CheckEqualRope(const char* key, size_t head_dim) const {
    GEMMA4_ASSIGN_OR_RETURN(const size_t value, Size(key, head_dim));
    if (value == head_dim) return Status::Ok();
    return Status::Unsupported("gemma4.%s is %zu; only the whole head, %zu, is supported", key,
                               value, head_dim);
  }

  // rope_freqs: the angle's divisor for each pair of a full layer's head: one number for the pairs
  // that turn, then 1e30 for those that do not.
  Status ReadRopeDivisors(const TensorView& tensor, size_t head_dim) {
    if (tensor.type != DataType::kF32 || tensor.num_elements() != head_dim / 2) {
      return Status::Corrupt("tensor rope_freqs.weight is %s %s; F32 [%zu] is expected",
                             DataTypeName(tensor.type), tensor.ShapeText().c_str(), head_dim / 2);
    }
    std::vector<float> divisors(tensor.num_elements());
    Dequantize(tensor.type, tensor.data.data(), divisors);
    size_t num_turning = 0;
    while (num_turning < divisors.size() && divisors[num_turning] < kDoesNotTurn) ++num_turning;
    for (size_t i = 0; i < divisors.size(); ++i) {
      if (i < num_turning ? divisors[i] == divisors[0] : divisors[i] >= kDoesNotTurn) continue;
      return Status::Unsupported(
          "rope_freqs.weight[%zu] is %g; one number for the pairs that turn and then 1e30 is "
          "supported",
          i, static_cast<double>(divisors[i]));
    }
    RopeConfig& rope = config_.full_rope;
    if (num_turning > 0) rope.factor = static_cast<double>(divisors[0]);
    rope.partial_rotary_factor =
        static_cast<double>(num_turning) / static_cast<double>(divisors.size());
    while (rope.num_rotated_pairs(head_dim) < num_turning) {  // the division rounded down
      rope.partial_rotary_factor = std::nextafter(rope.partial_rotary_factor, 2.0);
    }
    return Status::Ok();
  }

  Status ReadMoe() {
    GEMMA4_ASSIGN_OR_RETURN(const size_t num_experts, Size("expert_count", 0));
    if (num_experts == 0) return Status::Ok();
    MoeConfig moe;
    moe.num_experts = num_experts;
    GEMMA4_ASSIGN_OR_RETURN(moe.top_k_experts, Size("expert_used_count"));
    GEMMA4_ASSIGN_OR_RETURN(moe.moe_intermediate_size, Size("expert_feed_forward_length"));
    moe.has_split_gate_up = find_tensor_("blk.0.ffn_gate_exps.weight") != nullptr;
    config_.moe = moe;
    return Status::Ok();
  }

  Status ReadTokenIds() {
    const struct {
      const char* key;
      int32_t* id;
    } ids[] = {{"tokenizer.ggml.bos_token_id", &config_.bos_token_id},
               {"tokenizer.ggml.eos_token_id", &config_.eos_token_id},
               {"tokenizer.ggml.padding_token_id", &config_.pad_token_id}};
    for (const auto& [key, id] : ids) {
      GEMMA4_ASSIGN_OR_RETURN(const auto value, file_.Integer(key));
      if (!value) continue;
      if (*value < 0 || *value > std::numeric_limits<int32_t>::max()) {
        return Status::Corrupt("%s is %lld; a token id is expected", key,
                               static_cast<long long>(*value));
      }
      *id = static_cast<int32_t>(*value);
    }
    return Status::Ok();
  }

  const GgufFile& file_;
  const FindGgufTensor& find_tensor_;
  ModelConfig config_;
};

}  // namespace

StatusOr<ModelConfig> ReadGgufConfig(const GgufFile& file, const FindGgufTensor& find_tensor) {
  return ConfigReader(file, find_tensor).Read();
}

StatusOr<GenerationConfig> ReadGgufGenerationConfig(const GgufFile& file) {
  GenerationConfig generation;
  GEMMA4_ASSIGN_OR_RETURN(const auto temperature, file.Number("general.sampling.temp"));
  GEMMA4_ASSIGN_OR_RETURN(const auto top_k, file.Integer("general.sampling.top_k"));
  GEMMA4_ASSIGN_OR_RETURN(const auto top_p, file.Number("general.sampling.top_p"));
  generation.temperature = static_cast<float>(temperature.value_or(1.0));
  generation.do_sample = generation.temperature > 0.0f;
  generation.top_p = static_cast<float>(top_p.value_or(0.95));
  if (top_k.value_or(64) < 0) {
    return Status::Corrupt("general.sampling.top_k is %lld; it must not be negative",
                           static_cast<long long>(*top_k));
  }
  generation.top_k = static_cast<size_t>(top_k.value_or(64));
  if (!std::isfinite(generation.temperature) || generation.temperature < 0.0f) {
    return Status::Corrupt("general.sampling.temp is %g; it must be 0 or above", *temperature);
  }
  if (!(generation.top_p >= 0.0f && generation.top_p <= 1.0f)) {
    return Status::Corrupt("general.sampling.top_p is %g; 0 to 1 is allowed", *top_p);
  }
  constexpr const char* kSuppressed = "tokenizer.ggml.suppress_tokens";
  if (file.ArraySize(kSuppressed) > kMaxSuppressed) {
    return Status::Unsupported("%s has %llu elements; at most %llu are supported", kSuppressed,
                               static_cast<unsigned long long>(file.ArraySize(kSuppressed)),
                               static_cast<unsigned long long>(kMaxSuppressed));
  }
  GEMMA4_RETURN_IF_ERROR(
      file.ForEachInteger(kSuppressed,
                          [&](size_t, int64_t id) {
                            if (id >= 0 && id <= std::numeric_limits<int32_t>::max()) {
                              generation.suppress_token_ids.push_back(static_cast<int32_t>(id));
                            }
                            return Status::Ok();
                          })
          .status());
  return generation;
}

}  // namespace gemma4
