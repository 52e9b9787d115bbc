#include "lib/ops/linear_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "lib/base/finite.h"
#include "lib/quant/dequantize.h"
#include "lib/quant/half.h"
#include "lib/quant/int4.h"
#include "lib/quant/int8_rows.h"

namespace gemma4 {
namespace {

Status NotFinite(const TensorView& part, size_t row) {
  return Status::Corrupt("%s: row %zu has a weight that is not a finite number", part.name.c_str(),
                         row);
}

// Calls visit(r, part, row of the part) for r = 0, 1, ... in `rows`. Ends with the first failure.
template <typename Visit>
Status ForEachStoredRow(const LinearSpec& spec, RowRange rows, Visit visit) {
  size_t part_begin = 0;  // output row
  for (const TensorView& part : spec.parts) {
    const size_t part_end = part_begin + part.shape[0];
    for (size_t r = std::max(rows.begin, part_begin); r < std::min(rows.end, part_end); ++r) {
      GEMMA4_RETURN_IF_ERROR(visit(r - rows.begin, part, r - part_begin));
    }
    part_begin = part_end;
  }
  return Status::Ok();
}

// The same with the row as floats, which are finite numbers.
template <typename Visit>
Status ForEachRow(const LinearSpec& spec, RowRange rows, Visit visit) {
  std::vector<float> row(spec.in_features);
  return ForEachStoredRow(spec, rows,
                          [&](size_t r, const TensorView& part, size_t part_row) -> Status {
                            DequantizeRow(part, part_row, row);
                            if (!AllFinite(row)) return NotFinite(part, part_row);
                            visit(r, row);
                            return Status::Ok();
                          });
}

// Rows that are stored as int4 blocks are taken as they are.
Status ReadInt4Blocks(const LinearSpec& spec, RowRange rows, LinearWeights& weights) {
  const size_t in = spec.in_features;
  std::vector<float> row(in);
  return ForEachStoredRow(
      spec, rows, [&](size_t r, const TensorView& part, size_t part_row) -> Status {
        const auto nibbles = std::span(weights.int4).subspan(r * in / 2, in / 2);
        const auto scales =
            std::span(weights.block_scales).subspan(r * in / kInt4Block, in / kInt4Block);
        bool finite = true;
        if (part.type == DataType::kQ4_0) {
          finite = TranscodeQ4_0Row(part.data.data() + part_row * StoredSizeBytes(part.type, in),
                                    nibbles, scales);
        } else if (part.type == DataType::kW4G32) {
          std::memcpy(nibbles.data(), part.data.data() + part_row * nibbles.size(), nibbles.size());
          std::memcpy(scales.data(), part.scales.data() + part_row * scales.size_bytes(),
                      scales.size_bytes());
          for (uint16_t scale : scales) finite = finite && std::isfinite(Bf16ToFloat(scale));
        } else {
          DequantizeRow(part, part_row, row);
          finite = AllFinite(row);
          if (finite) QuantizeInt4Blocks(row, nibbles, scales);
        }
        return finite ? Status::Ok() : NotFinite(part, part_row);
      });
}

}  // namespace

StatusOr<LinearWeights> ReadLinearWeights(LinearFormat format, const LinearSpec& spec,
                                          RowRange rows) {
  LinearWeights weights;
  const size_t in = spec.in_features;
  const size_t num_rows = rows.count();
  switch (format) {
    case LinearFormat::kF32:
      weights.f32.resize(num_rows * in);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, rows, [&](size_t r, std::span<const float> row) {
        std::copy(row.begin(), row.end(), weights.f32.begin() + static_cast<ptrdiff_t>(r * in));
      }));
      break;
    case LinearFormat::kInt8Rows:
      weights.int8.resize(num_rows * in);
      weights.row_scales.resize(num_rows);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, rows, [&](size_t r, std::span<const float> row) {
        weights.row_scales[r] = QuantizeInt8Row(row, std::span(weights.int8).subspan(r * in, in));
      }));
      break;
    case LinearFormat::kInt4Rows:
      weights.int4.resize(num_rows * in / 2);
      weights.row_scales.resize(num_rows);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, rows, [&](size_t r, std::span<const float> row) {
        weights.row_scales[r] =
            QuantizeInt4Row(row, std::span(weights.int4).subspan(r * in / 2, in / 2));
      }));
      break;
    case LinearFormat::kInt4Blocks:
      weights.int4.resize(num_rows * in / 2);
      weights.block_scales.resize(num_rows * in / kInt4Block);
      GEMMA4_RETURN_IF_ERROR(ReadInt4Blocks(spec, rows, weights));
      break;
  }
  return weights;
}

}  // namespace gemma4
