#include "lib/transformer/activations.h"

#include <algorithm>
#include <utility>

#include "lib/ops/linear.h"

namespace gemma4 {
namespace {

// XNNPACK's kernels may read this far past their input (its XNN_EXTRA_BYTES, rounded up).
constexpr size_t kReadableTailBytes = 256;

}  // namespace

StatusOr<FloatBuffer> FloatBuffer::Create(size_t num_floats) {
  FloatBuffer buffer;
  GEMMA4_ASSIGN_OR_RETURN(
      buffer.memory_,
      AnonymousMemory::Reserve(num_floats * sizeof(float) + kReadableTailBytes, "activations"));
  return buffer;
}

namespace {

struct Widths {
  size_t max_head_dim = 0, max_queries = 0, max_kv = 0, max_intermediate = 0;
  // Of a linear layer's input.
  size_t max_in = 0;

  // Of the first `num_layers`.
  Widths(const ModelConfig& config, size_t num_layers) {
    for (size_t l = 0; l < num_layers; ++l) {
      const LayerConfig& layer = config.layers[l];
      max_head_dim = std::max(max_head_dim, layer.head_dim);
      max_queries = std::max(max_queries, config.num_attention_heads * layer.head_dim);
      max_kv = std::max(max_kv, layer.num_key_value_heads * layer.head_dim);
      max_intermediate = std::max(max_intermediate, layer.intermediate_size);
    }
    if (config.moe) {
      max_intermediate = std::max(max_intermediate, config.moe->moe_intermediate_size);
    }
    max_in = std::max(
        {config.hidden_size, max_queries, max_intermediate, config.hidden_size_per_layer_input});
  }
};

// Two slices of the head's least size fit, so that any vocabulary can be cut into such.
size_t GateUpWidth(const ModelConfig& config, size_t max_intermediate, size_t num_layers) {
  return std::max({2 * max_intermediate, num_layers * config.hidden_size_per_layer_input,
                   2 * kLinearSliceRows});
}

// Calls visit(buffer, floats of one row) for every buffer of `a`, as the first `num_layers` use it.
template <typename Visit>
void ForEachBuffer(const ModelConfig& config, size_t num_layers, Activations& a, Visit visit) {
  const Widths widths(config, num_layers);
  const size_t hidden = config.hidden_size;
  const size_t ple = config.hidden_size_per_layer_input;
  const size_t early_layers = config.last_kv_layer();
  const size_t max_pairs = widths.max_head_dim / 2;
  const struct {
    FloatBuffer* buffer;
    size_t floats_per_row;
  } buffers[] = {
      {&a.hidden, hidden},
      {&a.projected, hidden},
      {&a.qkv, widths.max_queries + 2 * widths.max_kv},
      {&a.queries, widths.max_queries},
      {&a.keys, widths.max_kv},
      {&a.values, widths.max_kv},
      {&a.gate_up, GateUpWidth(config, widths.max_intermediate, num_layers)},
      {&a.ple_early, early_layers * ple},
      {&a.ple_late, (num_layers - early_layers) * ple},
      {&a.ple_gate, ple},
      {&a.router_logits, config.moe ? config.moe->num_experts : 0},
      {&a.moe_dense, config.moe ? hidden : 0},
      {&a.moe_sum, config.moe ? hidden : 0},
      {&a.cosines[0], max_pairs},
      {&a.cosines[1], max_pairs},
      {&a.sines[0], max_pairs},
      {&a.sines[1], max_pairs},
  };
  for (const auto& [buffer, floats_per_row] : buffers) visit(*buffer, floats_per_row);
}

}  // namespace

size_t Activations::SizeBytes(const ModelConfig& config, size_t max_chunk_tokens, bool is_exact) {
  Activations a;
  const size_t num_layers = config.last_kv_layer() + 1;
  size_t floats_per_row = 0;
  ForEachBuffer(config, num_layers, a,
                [&](FloatBuffer&, size_t count) { floats_per_row += count; });
  const Widths widths(config, num_layers);
  if (is_exact) {
    floats_per_row +=
        std::max({config.hidden_size, widths.max_intermediate, config.hidden_size_per_layer_input});
  } else if (config.moe) {
    floats_per_row += config.hidden_size;
  }
  const size_t int8_per_row = is_exact ? 0 : widths.max_in;
  return max_chunk_tokens * (floats_per_row * sizeof(float) + int8_per_row);
}

StatusOr<Activations> Activations::Create(const ModelConfig& config, size_t max_chunk_tokens,
                                          size_t num_threads) {
  const size_t num_layers = config.num_layers();
  const Widths widths(config, num_layers);
  Activations a;
  Status status;
  ForEachBuffer(config, num_layers, a, [&](FloatBuffer& buffer, size_t floats_per_row) {
    if (!status.ok()) return;
    auto created = FloatBuffer::Create(max_chunk_tokens * floats_per_row);
    status = created.status();
    if (created.ok()) buffer = std::move(created).value();
  });
  GEMMA4_RETURN_IF_ERROR(status);
  a.gate_up_width = GateUpWidth(config, widths.max_intermediate, num_layers);
  GEMMA4_ASSIGN_OR_RETURN(a.linear, LinearScratch::Create({.num_threads = num_threads,
                                                           .max_rows = max_chunk_tokens,
                                                           .max_in_features = widths.max_in}));
  GEMMA4_ASSIGN_OR_RETURN(a.attention, AttentionScratch::Create(
                                           {.num_threads = num_threads,
                                            .max_rows = max_chunk_tokens,
                                            .max_heads = config.num_attention_heads,
                                            .max_head_dim = widths.max_head_dim,
                                            .max_context_tokens = config.max_position_embeddings}));
  return a;
}

}  // namespace gemma4
