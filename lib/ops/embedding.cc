#include "lib/ops/embedding.h"

#include <algorithm>
#include <vector>

#include "lib/ops/row_blocks.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {

void EmbeddingRows(const TensorView& table, std::span<const int32_t> ids, size_t first, size_t size,
                   float scale, float* out, ThreadPool& pool) {
  const size_t row_bytes = StoredSizeBytes(table.type, table.shape[1]);
  // Whole blocks around the columns wanted; in every published model these are the columns.
  const size_t block = BlockOf(table.type).num_elements;
  const size_t skipped = first % block;
  const size_t num_read = (skipped + size + block - 1) / block * block;
  const size_t first_bytes = StoredSizeBytes(table.type, first - skipped);
  ForEachRowBlock(ids.size(), size, pool, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const std::span<float> row(out + r * size, size);
      const size_t id = static_cast<size_t>(ids[r]);
      const std::byte* stored = table.data.data() + id * row_bytes + first_bytes;
      if (num_read == size) {
        Dequantize(table.type, stored, row);
      } else {
        std::vector<float> blocks(num_read);
        Dequantize(table.type, stored, blocks);
        std::copy_n(blocks.begin() + static_cast<ptrdiff_t>(skipped), size, row.begin());
      }
      for (float& value : row) value *= scale;
    }
  });
}

}  // namespace gemma4
