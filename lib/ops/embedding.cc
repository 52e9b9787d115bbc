#include "lib/ops/embedding.h"

#include "lib/ops/row_blocks.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {

void EmbeddingRows(const TensorView& table, std::span<const int32_t> ids, size_t first, size_t size,
                   float scale, float* out, ThreadPool& pool) {
  const size_t row_bytes = StoredSizeBytes(table.type, table.shape[1]);
  const size_t first_bytes = StoredSizeBytes(table.type, first);
  ForEachRowBlock(ids.size(), size, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const std::span<float> row(out + r * size, size);
      const size_t id = static_cast<size_t>(ids[r]);
      Dequantize(table.type, table.data.data() + id * row_bytes + first_bytes, row);
      for (float& value : row) value *= scale;
    }
  });
}

}  // namespace gemma4
