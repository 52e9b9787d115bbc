// How operators that work row by row share their rows among threads.
#ifndef GEMMA4_LIB_OPS_ROW_BLOCKS_H_
#define GEMMA4_LIB_OPS_ROW_BLOCKS_H_

#include <algorithm>
#include <cstddef>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// Blocks that cover the rows. Work below about 16k values is one block, which runs on the caller:
// waking a thread costs more.
class RowBlocks {
 public:
  RowBlocks(size_t num_rows, size_t values_per_row)
      : num_rows_(num_rows),
        block_rows_(std::max<size_t>(1, kValuesPerBlock / std::max<size_t>(1, values_per_row))) {}

  size_t count() const { return (num_rows_ + block_rows_ - 1) / block_rows_; }
  size_t begin(size_t block) const { return block * block_rows_; }
  size_t end(size_t block) const { return std::min(num_rows_, begin(block) + block_rows_); }

 private:
  static constexpr size_t kValuesPerBlock = 16384;

  size_t num_rows_;
  size_t block_rows_;
};

// Calls visit(begin, end) for blocks that cover [0, num_rows).
template <typename Visit>
void ForEachRowBlock(size_t num_rows, size_t values_per_row, ThreadPool& pool, Visit visit) {
  const RowBlocks blocks(num_rows, values_per_row);
  pool.ParallelFor(blocks.count(),
                   [&](size_t block) { visit(blocks.begin(block), blocks.end(block)); });
}

// Calls visit(begin, end, slot), with ThreadPool::ParallelForInSlots' slots.
template <typename Visit>
void ForEachRowBlockInSlots(size_t num_rows, size_t values_per_row, ThreadPool& pool, Visit visit) {
  const RowBlocks blocks(num_rows, values_per_row);
  pool.ParallelForInSlots(blocks.count(), [&](size_t block, size_t slot) {
    visit(blocks.begin(block), blocks.end(block), slot);
  });
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROW_BLOCKS_H_
