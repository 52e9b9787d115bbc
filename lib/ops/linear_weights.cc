#include "lib/ops/linear_weights.h"

#include <algorithm>
#include <cassert>
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

// Calls visit(output row, dequantised row [in_features]) for every row of the stacked parts.
// kCorrupt names a row with a weight that is not finite: every output would be NaN, or, where the
// row's scale comes from its largest weight, silently wrong.
template <typename Visit>
Status ForEachRow(const LinearSpec& spec, Visit visit) {
  std::vector<float> row(spec.in_features);
  size_t out_row = 0;
  for (const TensorView& part : spec.parts) {
    for (size_t r = 0; r < part.shape[0]; ++r) {
      DequantizeRow(part, r, row);
      if (!AllFinite(row)) return NotFinite(part, r);
      visit(out_row++, row);
    }
  }
  assert(out_row == spec.out_features);
  return Status::Ok();
}

// Rows stored as Q4_0 are taken as they are.
Status ReadInt4Blocks(const LinearSpec& spec, LinearWeights& weights) {
  const size_t in = spec.in_features;
  std::vector<float> row(in);
  size_t out_row = 0;
  for (const TensorView& part : spec.parts) {
    for (size_t r = 0; r < part.shape[0]; ++r, ++out_row) {
      const auto nibbles = std::span(weights.int4).subspan(out_row * in / 2, in / 2);
      const auto scales =
          std::span(weights.block_scales).subspan(out_row * in / kInt4Block, in / kInt4Block);
      bool finite = true;
      if (part.type == DataType::kQ4_0) {
        finite = TranscodeQ4_0Row(part.data.data() + r * StoredSizeBytes(part.type, in), nibbles,
                                  scales);
      } else if (part.type == DataType::kW4G32) {  // as XNNPACK wants it
        std::memcpy(nibbles.data(), part.data.data() + r * nibbles.size(), nibbles.size());
        std::memcpy(scales.data(), part.scales.data() + r * scales.size_bytes(),
                    scales.size_bytes());
        for (uint16_t scale : scales) finite = finite && std::isfinite(Bf16ToFloat(scale));
      } else {
        DequantizeRow(part, r, row);
        finite = AllFinite(row);
        if (finite) QuantizeInt4Blocks(row, nibbles, scales);
      }
      if (!finite) return NotFinite(part, r);
    }
  }
  return Status::Ok();
}

}  // namespace

StatusOr<LinearWeights> ReadLinearWeights(LinearFormat format, const LinearSpec& spec) {
  LinearWeights weights;
  const size_t in = spec.in_features;
  const size_t out = spec.out_features;
  switch (format) {
    case LinearFormat::kF32:
      weights.f32.resize(out * in);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        std::copy(row.begin(), row.end(), weights.f32.begin() + static_cast<ptrdiff_t>(r * in));
      }));
      break;
    case LinearFormat::kInt8Rows:
      weights.int8.resize(out * in);
      weights.row_scales.resize(out);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        weights.row_scales[r] = QuantizeInt8Row(row, std::span(weights.int8).subspan(r * in, in));
      }));
      break;
    case LinearFormat::kInt4Rows:
      weights.int4.resize(out * in / 2);
      weights.row_scales.resize(out);
      GEMMA4_RETURN_IF_ERROR(ForEachRow(spec, [&](size_t r, std::span<const float> row) {
        weights.row_scales[r] =
            QuantizeInt4Row(row, std::span(weights.int4).subspan(r * in / 2, in / 2));
      }));
      break;
    case LinearFormat::kInt4Blocks:
      weights.int4.resize(out * in / 2);
      weights.block_scales.resize(out * in / kInt4Block);
      GEMMA4_RETURN_IF_ERROR(ReadInt4Blocks(spec, weights));
      break;
  }
  return weights;
}

}  // namespace gemma4
