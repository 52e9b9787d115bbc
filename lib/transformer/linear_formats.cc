#include "lib/transformer/linear_formats.h"

#include <algorithm>
#include <vector>

#include "lib/quant/dequantize.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

// Ends at the first block that does not fit, which in weights that were never on the grid is the
// first block of all.
bool LiesOnInt4Grid(const TensorView& tensor, size_t in_features, GridCheck grid_check) {
  if (in_features % kInt4Block != 0) return false;
  std::vector<float> row(in_features);
  constexpr size_t kFirstRows = 2;
  const size_t num_rows =
      grid_check == GridCheck::kAllRows ? tensor.shape[0] : std::min(tensor.shape[0], kFirstRows);
  for (size_t r = 0; r < num_rows; ++r) {
    DequantizeRow(tensor, r, row);
    if (!IsOnInt4Grid(row)) return false;
  }
  return true;
}

bool LosesNothingAsInt4Blocks(const TensorView& tensor, size_t in_features, GridCheck grid_check) {
  switch (tensor.type) {
    case DataType::kQ4_0:
    case DataType::kW4G32: return true;
    case DataType::kF32:
    case DataType::kF16:
    case DataType::kBF16: return LiesOnInt4Grid(tensor, in_features, grid_check);
    default: return false;
  }
}

}  // namespace

LinearFormat ChooseLinearFormat(Arithmetic arithmetic, std::span<const TensorView> parts,
                                size_t in_features, GridCheck grid_check) {
  switch (arithmetic) {
    case Arithmetic::kExact: return LinearFormat::kF32;
    case Arithmetic::kInt8: return LinearFormat::kInt8Rows;
    case Arithmetic::kInt4Rows: return FormatFor(LinearFormat::kInt4Rows, in_features);
    case Arithmetic::kInt4Blocks: return FormatFor(LinearFormat::kInt4Blocks, in_features);
    case Arithmetic::kAuto: break;
  }
  const bool all = std::all_of(parts.begin(), parts.end(), [&](const TensorView& part) {
    return LosesNothingAsInt4Blocks(part, in_features, grid_check);
  });
  return all ? LinearFormat::kInt4Blocks : LinearFormat::kInt8Rows;
}

}  // namespace gemma4
