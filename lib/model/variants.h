// The published members of the family, told apart by their numbers.
#ifndef GEMMA4_LIB_MODEL_VARIANTS_H_
#define GEMMA4_LIB_MODEL_VARIANTS_H_

#include <cstddef>
#include <span>

#include "lib/model/model_config.h"

namespace gemma4 {

// A row of the family table. Nothing computes with it: a model is what its config says, these
// rows only give names to the sizes that Google published.
struct Variant {
  const char* name;  // "E2B"
  size_t num_layers;
  size_t hidden_size;
  size_t num_attention_heads;
  size_t hidden_size_per_layer_input;
  size_t num_kv_shared_layers;
  size_t num_experts;
  size_t vocab_size;
};

std::span<const Variant> PublishedVariants();

// "E2B", "E4B", "12B", "26B-A4B", "31B", or "custom" when the numbers are nobody's.
const char* VariantName(const ModelConfig& config);

}  // namespace gemma4

#endif  // GEMMA4_LIB_MODEL_VARIANTS_H_
