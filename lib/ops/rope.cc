#include "lib/ops/rope.h"

#include <cmath>

#include "lib/ops/row_blocks.h"

namespace gemma4 {

RopeFrequencies::RopeFrequencies(double theta, double factor, size_t head_dim,
                                 size_t num_rotated_pairs) {
  frequencies_.reserve(num_rotated_pairs);
  for (size_t i = 0; i < num_rotated_pairs; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(head_dim);
    frequencies_.push_back(std::pow(theta, exponent) / factor);
  }
}

void RopeFrequencies::Angles(std::span<const size_t> positions, float* cosines, float* sines,
                             ThreadPool& pool) const {
  const size_t pairs = frequencies_.size();
  // A sine and a cosine in f64 cost about as much as fifty plain values.
  ForEachRowBlock(positions.size(), 50 * pairs, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const double position = static_cast<double>(positions[r]);
      for (size_t i = 0; i < pairs; ++i) {
        const double angle = position * frequencies_[i];
        cosines[r * pairs + i] = static_cast<float>(std::cos(angle));
        sines[r * pairs + i] = static_cast<float>(std::sin(angle));
      }
    }
  });
}

void ApplyRope(float* x, size_t num_rows, size_t num_heads, size_t head_dim, const float* cosines,
               const float* sines, size_t num_rotated_pairs, ThreadPool& pool) {
  const size_t half = head_dim / 2;
  ForEachRowBlock(num_rows, num_heads * head_dim, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const float* cosine = cosines + r * num_rotated_pairs;
      const float* sine = sines + r * num_rotated_pairs;
      for (size_t h = 0; h < num_heads; ++h) {
        float* first = x + (r * num_heads + h) * head_dim;
        float* second = first + half;
        for (size_t i = 0; i < num_rotated_pairs; ++i) {
          const float a = first[i];
          const float b = second[i];
          first[i] = a * cosine[i] - b * sine[i];
          second[i] = b * cosine[i] + a * sine[i];
        }
      }
    }
  });
}

}  // namespace gemma4
