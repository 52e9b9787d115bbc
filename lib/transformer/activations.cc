#include "lib/transformer/activations.h"

#include <algorithm>

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

StatusOr<Activations> Activations::Create(const ModelConfig& config, size_t max_chunk_tokens,
                                          size_t num_threads) {
  size_t max_head_dim = 0, max_queries = 0, max_kv = 0, max_intermediate = 0;
  for (const LayerConfig& layer : config.layers) {
    max_head_dim = std::max(max_head_dim, layer.head_dim);
    max_queries = std::max(max_queries, config.num_attention_heads * layer.head_dim);
    max_kv = std::max(max_kv, layer.num_key_value_heads * layer.head_dim);
    max_intermediate = std::max(max_intermediate, layer.intermediate_size);
  }
  const size_t hidden = config.hidden_size;
  const size_t ple = config.hidden_size_per_layer_input;
  const size_t early_layers = config.last_kv_layer();
  const size_t max_pairs = max_head_dim / 2;

  Activations a;
  struct {
    FloatBuffer* buffer;
    size_t floats_per_row;
  } const buffers[] = {
      {&a.hidden, hidden},
      {&a.normed, hidden},
      {&a.projected, hidden},
      {&a.qkv, max_queries + 2 * max_kv},
      {&a.queries, max_queries},
      {&a.keys, max_kv},
      {&a.values, max_kv},
      {&a.attended, max_queries},
      {&a.gate_up, 2 * max_intermediate},
      {&a.gated, max_intermediate},
      {&a.ple_early, early_layers * ple},
      {&a.ple_late, (config.num_layers() - early_layers) * ple},
      {&a.ple_tokens, config.num_layers() * ple},
      {&a.ple_gate, ple},
      {&a.cosines[0], max_pairs},
      {&a.cosines[1], max_pairs},
      {&a.sines[0], max_pairs},
      {&a.sines[1], max_pairs},
  };
  for (const auto& [buffer, floats_per_row] : buffers) {
    GEMMA4_ASSIGN_OR_RETURN(*buffer, FloatBuffer::Create(max_chunk_tokens * floats_per_row));
  }
  const size_t max_in = std::max({hidden, max_queries, max_intermediate, ple});
  GEMMA4_ASSIGN_OR_RETURN(a.quantizer, RowQuantizer::Create(max_chunk_tokens, max_in));
  GEMMA4_ASSIGN_OR_RETURN(a.attention, AttentionScratch::Create(
                                           {.num_threads = num_threads,
                                            .max_rows = max_chunk_tokens,
                                            .max_heads = config.num_attention_heads,
                                            .max_head_dim = max_head_dim,
                                            .max_context_tokens = config.max_position_embeddings}));
  return a;
}

}  // namespace gemma4
