// Rows of a stored table, read one a token straight from the mapped file.
#ifndef GEMMA4_LIB_OPS_EMBEDDING_H_
#define GEMMA4_LIB_OPS_EMBEDDING_H_

#include <cstdint>
#include <span>

#include "lib/base/tensor_view.h"
#include "lib/base/thread_pool.h"

namespace gemma4 {

// out[r, i] = scale * table[ids[r], first + i], i < size.
// table: [vocab, row_size] in any weight type; out: [ids.size(), size].
void EmbeddingRows(const TensorView& table, std::span<const int32_t> ids, size_t first, size_t size,
                   float scale, float* out, ThreadPool& pool);

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_EMBEDDING_H_
