#include "lib/checkpoint/safetensors/layer_configs_json.h"

#include <optional>
#include <string>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/model/kv_sharing.h"

namespace gemma4 {
namespace {

const char* KindName(LayerKind kind) {
  return kind == LayerKind::kFull ? "full_attention" : "sliding_attention";
}

// The last layer is full whatever the list says: the reference overwrites it and goes on.
Status ReadLayerTypes(const JsonObject& text, std::vector<LayerConfig>& layers) {
  if (!text.HasValue("layer_types")) {
    for (size_t l = 0; l < layers.size(); ++l) {
      layers[l].kind = (l + 1) % 6 == 0 ? LayerKind::kFull : LayerKind::kSliding;
    }
  } else {
    const JsonValue& types = *text.Find("layer_types");
    const std::string path = text.PathOf("layer_types");
    if (!types.is_list()) {
      return Status::Corrupt("%s is %s; a list is expected", path.c_str(),
                             DescribeJson(types).c_str());
    }
    if (types.items.size() != layers.size()) {
      return Status::Corrupt("%s has %zu entries; num_hidden_layers is %zu", path.c_str(),
                             types.items.size(), layers.size());
    }
    for (size_t l = 0; l < layers.size(); ++l) {
      const JsonValue& type = types.items[l];
      if (type.is_string() && type.text == "full_attention") {
        layers[l].kind = LayerKind::kFull;
      } else if (type.is_string() && type.text == "sliding_attention") {
        layers[l].kind = LayerKind::kSliding;
      } else {
        return Status::Unsupported(
            "%s[%zu] is %s; \"sliding_attention\" and \"full_attention\" are supported",
            path.c_str(), l, DescribeJson(type).c_str());
      }
    }
  }
  layers.back().kind = LayerKind::kFull;
  return Status::Ok();
}

// "7" of 0 ... num_layers - 1, written as a plain decimal.
std::optional<size_t> ParseLayerIndex(const std::string& key, size_t num_layers) {
  if (key.empty() || key.size() > 4 || (key.size() > 1 && key[0] == '0')) return std::nullopt;
  size_t index = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  if (index >= num_layers) return std::nullopt;
  return index;
}

// What today's transformers writes: only what differs from head_dim and num_key_value_heads. No
// entry for a layer, or no entry at all, means the base values; no 512 is invented.
Status ReadPerLayerConfig(const JsonObject& text, std::vector<LayerConfig>& layers) {
  GEMMA4_ASSIGN_OR_RETURN(const auto entries, text.OptionalObject("per_layer_config"));
  if (!entries.has_value()) return Status::Ok();
  for (size_t i = 0; i < entries->json().items.size(); ++i) {
    const std::string& key = entries->json().keys[i];
    const JsonValue& value = entries->json().items[i];
    const std::string path = entries->PathOf(key);
    const std::optional<size_t> index = ParseLayerIndex(key, layers.size());
    if (!index.has_value()) {
      return Status::Corrupt("%s: the key is not a layer; 0 to %zu is allowed", path.c_str(),
                             layers.size() - 1);
    }
    GEMMA4_ASSIGN_OR_RETURN(const JsonObject entry, JsonObject::Of(value, path));
    for (const std::string& member : value.keys) {
      if (member != "head_dim" && member != "num_key_value_heads") {
        return Status::Unsupported("%s differs by layer; only head_dim and num_key_value_heads may",
                                   entry.PathOf(member).c_str());
      }
    }
    LayerConfig& layer = layers[*index];
    GEMMA4_ASSIGN_OR_RETURN(layer.head_dim, entry.Size("head_dim", layer.head_dim));
    GEMMA4_ASSIGN_OR_RETURN(layer.num_key_value_heads,
                            entry.Size("num_key_value_heads", layer.num_key_value_heads));
  }

  const LayerConfig* first_of_kind[2] = {};
  for (size_t l = 0; l < layers.size(); ++l) {
    const LayerConfig*& first = first_of_kind[static_cast<size_t>(layers[l].kind)];
    if (first == nullptr) first = &layers[l];
    if (layers[l].head_dim != first->head_dim ||
        layers[l].num_key_value_heads != first->num_key_value_heads) {
      return Status::Corrupt(
          "%s gives layer %zu %zu K/V heads of %zu and layer %zu %zu of %zu; both are %s layers "
          "and must agree",
          text.PathOf("per_layer_config").c_str(), l, layers[l].num_key_value_heads,
          layers[l].head_dim, static_cast<size_t>(first - layers.data()),
          first->num_key_value_heads, first->head_dim, KindName(layers[l].kind));
    }
  }
  return Status::Ok();
}

// The published files: full layers have keys of their own. global_head_dim is 512 when absent,
// whatever head_dim is; num_global_key_value_heads counts only where k = v.
Status ReadGlobalSizes(const JsonObject& text, bool k_eq_v, std::vector<LayerConfig>& layers) {
  GEMMA4_ASSIGN_OR_RETURN(const size_t head_dim, text.Size("global_head_dim", 512));
  GEMMA4_ASSIGN_OR_RETURN(const auto num_kv_heads, text.OptionalSize("num_global_key_value_heads"));
  for (LayerConfig& layer : layers) {
    if (layer.kind != LayerKind::kFull) continue;
    layer.head_dim = head_dim;
    if (k_eq_v && num_kv_heads.has_value()) layer.num_key_value_heads = *num_kv_heads;
  }
  return Status::Ok();
}

StatusOr<RopeConfig> ReadRope(const JsonObject& entry) {
  RopeConfig rope;
  if (!entry.HasKey("rope_theta")) {
    return Status::Corrupt("%s is missing", entry.PathOf("rope_theta").c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(rope.theta, entry.Real("rope_theta", 0.0));
  GEMMA4_ASSIGN_OR_RETURN(const std::string older_type, entry.Text("type", "default"));
  GEMMA4_ASSIGN_OR_RETURN(const std::string type, entry.Text("rope_type", older_type));
  if (type == "default") return rope;  // always rotates the whole head
  if (type != "proportional") {
    return Status::Unsupported("%s is \"%s\"; \"default\" and \"proportional\" are supported",
                               entry.PathOf("rope_type").c_str(), CutToOneLine(type).c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(rope.partial_rotary_factor, entry.Real("partial_rotary_factor", 1.0));
  GEMMA4_ASSIGN_OR_RETURN(rope.factor, entry.Real("factor", 1.0));
  return rope;
}

// Nested by layer type, with an entry for each type that occurs; nothing is filled in from the
// defaults once the key is there.
Status ReadRopes(const JsonObject& text, ModelConfig& model) {
  model.sliding_rope = {.theta = 10000.0, .factor = 1.0, .partial_rotary_factor = 1.0};
  model.full_rope = {.theta = 1000000.0, .factor = 1.0, .partial_rotary_factor = 0.25};
  GEMMA4_ASSIGN_OR_RETURN(const auto ropes, text.OptionalObject("rope_parameters"));
  if (!ropes.has_value()) return Status::Ok();
  if (ropes->HasKey("rope_theta") || ropes->HasKey("rope_type")) {
    return Status::Unsupported(
        "%s is flat; entries \"sliding_attention\" and \"full_attention\" are expected",
        text.PathOf("rope_parameters").c_str());
  }
  for (const LayerKind kind : {LayerKind::kSliding, LayerKind::kFull}) {
    bool occurs = false;
    for (const LayerConfig& layer : model.layers) occurs = occurs || layer.kind == kind;
    if (!occurs) continue;
    GEMMA4_ASSIGN_OR_RETURN(const auto entry, ropes->OptionalObject(KindName(kind)));
    if (!entry.has_value()) {
      return Status::Corrupt("%s is missing, but there are such layers",
                             ropes->PathOf(KindName(kind)).c_str());
    }
    GEMMA4_ASSIGN_OR_RETURN(RopeConfig rope, ReadRope(*entry));
    (kind == LayerKind::kFull ? model.full_rope : model.sliding_rope) = rope;
  }
  return Status::Ok();
}

}  // namespace

Status ReadLayerConfigs(const JsonObject& text, ModelConfig& model) {
  GEMMA4_ASSIGN_OR_RETURN(const size_t num_layers, text.Size("num_hidden_layers", 30));
  if (num_layers < 1 || num_layers > kMaxLayers) {  // before anything that size is allocated
    return Status::Corrupt("%s is %zu; 1 to %zu is allowed",
                           text.PathOf("num_hidden_layers").c_str(), num_layers, kMaxLayers);
  }
  LayerConfig base;
  GEMMA4_ASSIGN_OR_RETURN(base.head_dim, text.Size("head_dim", 256));
  GEMMA4_ASSIGN_OR_RETURN(base.num_key_value_heads, text.Size("num_key_value_heads", 4));
  GEMMA4_ASSIGN_OR_RETURN(base.intermediate_size, text.Size("intermediate_size", 9216));
  GEMMA4_ASSIGN_OR_RETURN(const bool k_eq_v, text.Bool("attention_k_eq_v", false));
  GEMMA4_ASSIGN_OR_RETURN(const bool is_double_wide, text.Bool("use_double_wide_mlp", false));
  GEMMA4_ASSIGN_OR_RETURN(model.num_kv_shared_layers, text.Size("num_kv_shared_layers", 0));

  model.layers.assign(num_layers, base);
  GEMMA4_RETURN_IF_ERROR(ReadLayerTypes(text, model.layers));
  if (text.HasKey("per_layer_config")) {
    GEMMA4_RETURN_IF_ERROR(ReadPerLayerConfig(text, model.layers));
  } else {
    GEMMA4_RETURN_IF_ERROR(ReadGlobalSizes(text, k_eq_v, model.layers));
  }
  GEMMA4_RETURN_IF_ERROR(AssignKvSources(model));
  for (size_t l = 0; l < num_layers; ++l) {
    LayerConfig& layer = model.layers[l];
    layer.k_eq_v = k_eq_v && layer.kind == LayerKind::kFull;
    // Only sharing layers are double-wide; without any the switch has no effect.
    if (is_double_wide && !model.OwnsKv(l)) layer.intermediate_size *= 2;
  }
  return ReadRopes(text, model);
}

}  // namespace gemma4
