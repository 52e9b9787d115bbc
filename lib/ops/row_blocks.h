// How operators that work row by row share their rows among threads.
#ifndef GEMMA4_LIB_OPS_ROW_BLOCKS_H_
#define GEMMA4_LIB_OPS_ROW_BLOCKS_H_

#include <algorithm>
#include <cstddef>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// Calls visit(begin, end) for blocks that cover [0, num_rows). Work below about 16k values runs on
// the caller: waking a thread costs more.
template <typename Visit>
void ForEachRowBlock(size_t num_rows, size_t values_per_row, ThreadPool& pool, Visit visit) {
  constexpr size_t kValuesPerBlock = 16384;
  const size_t rows_per_block =
      std::max<size_t>(1, kValuesPerBlock / std::max<size_t>(1, values_per_row));
  const size_t num_blocks = (num_rows + rows_per_block - 1) / rows_per_block;
  pool.ParallelFor(num_blocks, [&](size_t block) {
    const size_t begin = block * rows_per_block;
    visit(begin, std::min(num_rows, begin + rows_per_block));
  });
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROW_BLOCKS_H_
