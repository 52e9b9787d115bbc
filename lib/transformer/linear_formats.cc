#include "lib/transformer/linear_formats.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "lib/quant/dequantize.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

// Ends soon after the first block that does not fit, which in weights that were never on the grid
// is the first block of all.
bool LiesOnInt4Grid(const TensorView& tensor, size_t in_features, const GridCheck& check) {
  if (in_features % kInt4Block != 0) return false;
  constexpr size_t kRowsPerTask = 64;
  const size_t num_rows = std::min(tensor.shape[0], check.max_rows);
  std::atomic<bool> lies_on_grid{true};
  const auto look = [&](size_t task) {
    if (!lies_on_grid.load(std::memory_order_relaxed)) return;
    if (check.cancel != nullptr && check.cancel->IsSet()) return;
    std::vector<float> row(in_features);
    for (size_t r = task * kRowsPerTask; r < std::min(num_rows, (task + 1) * kRowsPerTask); ++r) {
      DequantizeRow(tensor, r, row);
      if (IsOnInt4Grid(row)) continue;
      lies_on_grid.store(false, std::memory_order_relaxed);
      return;
    }
  };
  const size_t num_tasks = (num_rows + kRowsPerTask - 1) / kRowsPerTask;
  if (check.pool != nullptr) {
    check.pool->ParallelFor(num_tasks, look);
  } else {
    for (size_t task = 0; task < num_tasks; ++task) look(task);
  }
  return lies_on_grid.load();
}

bool LosesNothingAsInt4Blocks(const TensorView& tensor, size_t in_features,
                              const GridCheck& grid_check) {
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
                                size_t in_features, const GridCheck& grid_check) {
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
