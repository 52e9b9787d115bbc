// RMSNorm, with and without weight, and with the residual sum that follows it in Gemma 4.
#ifndef GEMMA4_LIB_OPS_RMS_NORM_H_
#define GEMMA4_LIB_OPS_RMS_NORM_H_

#include <cstddef>
#include <span>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// y[r, :] = x[r, :] / sqrt(mean(x[r, :]^2) + eps) * weight, for each of num_rows rows.
// x, y: [num_rows, size]; may be the same memory. weight: [size], or empty for none.
// Sums in f32. Gemma 4 scales by `weight`, not by 1 + weight as Gemma 2 and 3 do.
// Source: Gemma4RMSNorm, transformers/models/gemma4/modeling_gemma4.py.
void RmsNorm(const float* x, size_t num_rows, size_t size, std::span<const float> weight, float eps,
             float* y, ThreadPool& pool);

// One row of it, on the calling thread.
void RmsNormRow(const float* x, size_t size, std::span<const float> weight, float eps, float* y);

// The same for every head of a wider row: out[r, h, :] = RmsNorm(x[r, h, :]), where row r of x
// starts at x + r * row_stride and holds num_heads heads of `size` values side by side.
// out: [num_rows, num_heads, size]. x and out are the same memory or do not overlap.
void RmsNormHeads(const float* x, size_t row_stride, size_t num_rows, size_t num_heads, size_t size,
                  std::span<const float> weight, float eps, float* out, ThreadPool& pool);

// residual[r, :] += RmsNorm(x)[r, :], then *= scale: the end of a decoder layer's half.
// residual: [num_rows, size], must not overlap x.
void AddRmsNorm(const float* x, size_t num_rows, size_t size, std::span<const float> weight,
                float eps, float scale, float* residual, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_RMS_NORM_H_
