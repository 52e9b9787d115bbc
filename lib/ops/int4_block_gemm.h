// The product of many rows with int4 weights in blocks, for CPUs with AVX-512 VNNI, over weights as
// XNNPACK packs them there.
//
// XNNPACK's kernels for these CPUs take eight inputs a lane, so that they add neighbouring lanes
// for every row and block, and unpack every weight anew for each 14 rows: with many rows that is
// half of their work. Here the weights of 32 outputs are unpacked once, four inputs a lane, and all
// rows pass them.
//
// The results are those of XNNPACK's kernels to the bit: sums of products are exact integers, and
// the few floating-point operations are done in the same order. So a row may run here or there.
#ifndef GEMMA4_LIB_OPS_INT4_BLOCK_GEMM_H_
#define GEMMA4_LIB_OPS_INT4_BLOCK_GEMM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/anonymous_memory.h"
#include "lib/base/status.h"
#include "lib/base/thread_pool.h"

struct xnn_quantization_params;

namespace gemma4 {

// Whether this CPU has the instructions. That XNNPACK packs weights as this kernel reads them is
// for the caller to see to, by a sample (linear.cc).
bool CpuHasInt4BlockGemm();

// Bytes of such packed weights, tiles of 16 outputs. REQUIRES: in_features is a multiple of 32.
size_t Int4BlockGemmPackedBytes(size_t in_features, size_t out_features);

struct Int4BlockGemmRows {
  const uint8_t* values;                  // [num_rows, in_features], each 128 more than XNNPACK's
  const xnn_quantization_params* params;  // [num_rows], XNNPACK's
  size_t num_rows;
};

// Memory that one call works in: for each slot of the pool a panel of unpacked weights and, where a
// panel has only a part of the inputs, the sums so far. Reserved once; one call at a time.
class Int4BlockGemmScratch {
 public:
  static StatusOr<Int4BlockGemmScratch> Create(size_t num_threads, size_t max_rows);

  std::byte* panel(size_t slot) const { return memory_.data() + slot * slot_bytes_; }
  float* sums(size_t slot) const;
  size_t num_threads() const { return num_threads_; }
  size_t max_rows() const { return max_rows_; }

 private:
  AnonymousMemory memory_;
  size_t slot_bytes_ = 0;
  size_t num_threads_ = 0;
  size_t max_rows_ = 0;
};

// y = x W^T. packed: Int4BlockGemmPackedBytes(); y: [rows.num_rows, out_features].
// REQUIRES: CpuHasInt4BlockGemm(), in_features is a multiple of 32, `scratch` is made for as many
// threads and rows.
void Int4BlockGemm(size_t in_features, size_t out_features, std::span<const std::byte> packed,
                   const Int4BlockGemmRows& rows, float* y, Int4BlockGemmScratch& scratch,
                   ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_INT4_BLOCK_GEMM_H_
