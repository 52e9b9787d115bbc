// EmbeddingTable: rows of a large table that stays in its file, read as they are wanted.
#ifndef GEMMA4_LIB_TRANSFORMER_EMBEDDING_TABLE_H_
#define GEMMA4_LIB_TRANSFORMER_EMBEDDING_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/tensor_view.h"
#include "lib/base/thread_pool.h"
#include "lib/checkpoint/checkpoint.h"

namespace gemma4 {

// A row that is read takes more memory than its own pages: the OS maps neighbours that it has in
// its cache, at least 64 KiB, at most a huge page. Over a long prompt that would come to most of
// the table, so the pages are given back every few rows; what the OS has in its cache stays there.
// One per Runner. `checkpoint` must outlive it.
class EmbeddingTable {
 public:
  EmbeddingTable() = default;  // has no rows
  EmbeddingTable(const TensorView& table, const Checkpoint& checkpoint)
      : table_(table), checkpoint_(&checkpoint) {}

  // As EmbeddingRows(): columns [first, first + size) of the rows `ids`, times `scale`.
  // out: [ids.size(), size].
  void Read(std::span<const int32_t> ids, size_t first, size_t size, float scale, float* out,
            ThreadPool& pool);

 private:
  TensorView table_;
  const Checkpoint* checkpoint_ = nullptr;
  size_t num_rows_read_ = 0;  // since pages were given back
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_EMBEDDING_TABLE_H_
