// GGUF's quantised blocks: what their bytes mean.
#ifndef GEMMA4_LIB_QUANT_GGML_BLOCKS_H_
#define GEMMA4_LIB_QUANT_GGML_BLOCKS_H_

#include <cstddef>
#include <span>

#include "lib/base/tensor_view.h"

namespace gemma4 {

// out = the elements of out.size() / BlockOf(type).num_elements consecutive blocks, in f32; equal
// to the reference to the bit. `stored` may be unaligned.
// REQUIRES: `type` is one of the block types; out.size() is a whole number of blocks.
// Source: gguf-py's quants.py (0.19.0).
void DequantizeGgmlBlocks(DataType type, const std::byte* stored, std::span<float> out);

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_GGML_BLOCKS_H_
