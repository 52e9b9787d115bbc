// Activations: the scratch memory of one forward pass, every buffer with its shape.
#ifndef GEMMA4_LIB_TRANSFORMER_ACTIVATIONS_H_
#define GEMMA4_LIB_TRANSFORMER_ACTIVATIONS_H_

#include <cstddef>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/model/model_config.h"
#include "lib/ops/attention.h"
#include "lib/ops/linear_scratch.h"

namespace gemma4 {

// Floats that are reserved for the largest chunk and cost memory only as far as they are used.
class FloatBuffer {
 public:
  static StatusOr<FloatBuffer> Create(size_t num_floats);
  float* data() const { return reinterpret_cast<float*>(memory_.data()); }

 private:
  AnonymousMemory memory_;
};

// C = rows of the largest chunk. A buffer that layers of different sizes share has the largest.
struct Activations {
  static StatusOr<Activations> Create(const ModelConfig& config, size_t max_chunk_tokens,
                                      size_t num_threads);

  // Memory that a prompt's chunks come to. Rows go through the layers up to the last that owns K/V;
  // what the few rows beyond take, and what depends on threads, is small. (When the logits of
  // every row are wanted, all of them go on, and take more.)
  // The input of a linear layer is made in f32 in exact arithmetic and for a router, else in int8.
  static size_t SizeBytes(const ModelConfig& config, size_t max_chunk_tokens, bool is_exact);

  FloatBuffer hidden;         // [C, hidden] the residual stream, at last after the final norm
  FloatBuffer projected;      // [C, hidden] output of a block, before its norm
  FloatBuffer qkv;            // [C, (num_heads + 2 * num_kv_heads) * head_dim], later attention's
                              // output [C, num_heads, head_dim]
  FloatBuffer queries;        // [C, num_heads, head_dim]
  FloatBuffer keys;           // [C, num_kv_heads, head_dim]
  FloatBuffer values;         // [C, num_kv_heads, head_dim]
  FloatBuffer gate_up;        // [C, 2 * intermediate], before the layers [C, layers, P], after
                              // them [C, rows of a slice of the head]
  FloatBuffer ple_early;      // [C, last_kv_layer, P]
  FloatBuffer ple_late;       // [C, layers - last_kv_layer, P]
  FloatBuffer ple_gate;       // [C, P]
  FloatBuffer router_logits;  // [C, num_experts], and the next two [C, hidden]: with experts only
  FloatBuffer moe_dense;
  FloatBuffer moe_sum;
  FloatBuffer cosines[2];  // [C, rotated pairs] of each LayerKind
  FloatBuffer sines[2];

  size_t gate_up_width = 0;  // floats of a row

  LinearScratch linear;
  AttentionScratch attention;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_ACTIVATIONS_H_
