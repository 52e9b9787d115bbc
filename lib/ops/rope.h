// Rotary position embedding (RoPE), rotate-half pairing.
#ifndef GEMMA4_LIB_OPS_ROPE_H_
#define GEMMA4_LIB_OPS_ROPE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// The turn per position of each pair of a head, in f64: a position of 262,143 times a frequency
// rounded to f32 would already be off by a hundredth of a radian.
//   frequency i = theta^(-2 i / head_dim) / factor, i < num_rotated_pairs
class RopeFrequencies {
 public:
  RopeFrequencies() = default;
  RopeFrequencies(double theta, double factor, size_t head_dim, size_t num_rotated_pairs);

  size_t num_rotated_pairs() const { return frequencies_.size(); }

  // cosines, sines: [positions.size(), num_rotated_pairs] of position * frequency.
  void Angles(std::span<const size_t> positions, float* cosines, float* sines,
              ThreadPool& pool) const;

 private:
  std::vector<double> frequencies_;
};

// Turns pair (i, i + head_dim/2) of every head for i < num_rotated_pairs; the rest stays:
//   y_i = x_i cos - x_{i+half} sin,  y_{i+half} = x_{i+half} cos + x_i sin.
// x: [num_rows, num_heads, head_dim], in place; cosines, sines: [num_rows, num_rotated_pairs].
// Source: apply_rotary_pos_emb, transformers/models/gemma4/modeling_gemma4.py.
void ApplyRope(float* x, size_t num_rows, size_t num_heads, size_t head_dim, const float* cosines,
               const float* sines, size_t num_rotated_pairs, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROPE_H_
