#include "lib/transformer/embedding_table.h"

#include <algorithm>

#include "lib/ops/embedding.h"

namespace gemma4 {

void EmbeddingTable::Read(std::span<const int32_t> ids, size_t first, size_t size, float scale,
                          float* out, ThreadPool& pool) {
  constexpr size_t kRowsBetween = 16;
  for (size_t begin = 0; begin < ids.size();) {
    const size_t count = std::min(ids.size() - begin, kRowsBetween - num_rows_read_);
    EmbeddingRows(table_, ids.subspan(begin, count), first, size, scale, out + begin * size, pool);
    begin += count;
    num_rows_read_ += count;
    if (num_rows_read_ < kRowsBetween) continue;
    checkpoint_->GiveBack(table_.data);
    num_rows_read_ = 0;
  }
}

}  // namespace gemma4
