#include "lib/model/variants.h"

namespace gemma4 {
namespace {

constexpr Variant kVariants[] = {
    // name, layers, hidden, heads, PLE, sharing, experts, vocab
    {"E2B", 35, 1536, 8, 256, 20, 0, 262144}, {"E4B", 42, 2560, 8, 256, 18, 0, 262144},
    {"12B", 48, 3840, 16, 0, 0, 0, 262144},   {"26B-A4B", 30, 2816, 16, 0, 0, 128, 262144},
    {"31B", 60, 5376, 32, 0, 0, 0, 262144},
};

}  // namespace

std::span<const Variant> PublishedVariants() { return kVariants; }

const char* VariantName(const ModelConfig& config) {
  for (const Variant& variant : kVariants) {
    if (config.num_layers() == variant.num_layers && config.hidden_size == variant.hidden_size &&
        config.num_attention_heads == variant.num_attention_heads &&
        config.hidden_size_per_layer_input == variant.hidden_size_per_layer_input &&
        config.num_kv_shared_layers == variant.num_kv_shared_layers &&
        (config.moe.has_value() ? config.moe->num_experts : 0) == variant.num_experts &&
        config.vocab_size == variant.vocab_size) {
      return variant.name;
    }
  }
  return "custom";
}

}  // namespace gemma4
