#include "lib/ops/pack_linear.h"

#include <algorithm>
#include <functional>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "lib/ops/initialize_kernels.h"
#include "lib/ops/linear_operator.h"
#include "lib/ops/linear_weights.h"
#include "lib/ops/xnnpack_status.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

constexpr size_t kTileRows = kLinearSliceRows;
constexpr size_t kAlignment = 64;

constexpr uint16_t kBf16One = 0x3f80;

// A weights cache that has nothing, and gives XNNPACK one piece of memory to pack into.
class PackingTarget {
 public:
  // before_packing runs between XNNPACK's checks of the weights and their packing.
  explicit PackingTarget(std::span<std::byte> memory,
                         std::function<void()> before_packing = nullptr)
      : memory_(memory), before_packing_(std::move(before_packing)) {
    cache_ = {
        .context = this,
        .look_up = [](void*, const xnn_weights_cache_look_up_key*) { return size_t{SIZE_MAX}; },
        .reserve_space =
            [](void* context, size_t size) {
              return static_cast<PackingTarget*>(context)->Take(size);
            },
        .look_up_or_insert = [](void*, const xnn_weights_cache_look_up_key*, void*,
                                size_t) { return size_t{0}; },
        .is_finalized = [](void*) { return true; },
        .offset_to_addr = [](void* context, size_t) -> void* {
          return static_cast<PackingTarget*>(context)->memory_.data();
        },
        .delete_cache = [](void*) { return xnn_status_success; },
    };
  }
  PackingTarget(const PackingTarget&) = delete;
  PackingTarget& operator=(const PackingTarget&) = delete;

  xnn_weights_cache_provider* cache() { return &cache_; }
  size_t wanted_bytes() const { return wanted_bytes_; }

 private:
  void* Take(size_t size_bytes) {
    wanted_bytes_ = size_bytes;
    if (size_bytes > memory_.size()) return nullptr;
    if (before_packing_) before_packing_();
    return memory_.data();
  }

  xnn_weights_cache_provider cache_;
  std::span<std::byte> memory_;
  std::function<void()> before_packing_;
  size_t wanted_bytes_ = 0;
};

Status PackRows(LinearFormat format, const LinearSpec& spec, RowRange rows,
                std::span<std::byte> memory) {
  GEMMA4_ASSIGN_OR_RETURN(const LinearWeights weights, ReadLinearWeights(format, spec, rows));
  OperatorArrays arrays;
  arrays.weights = weights.data();
  arrays.row_scales = weights.row_scales.data();
  // Q4_0's rounding gives about half of the blocks a negative scale. XNNPACK's kernels multiply by
  // a scale whatever its sign, but its checks refuse negative ones: they are shown ones, and the
  // scales take their place before the weights are packed.
  std::vector<uint16_t> scales(weights.block_scales.size(), kBf16One);
  arrays.block_scales = scales.data();
  PackingTarget target(memory, [&] {
    std::copy(weights.block_scales.begin(), weights.block_scales.end(), scales.begin());
  });
  xnn_operator* op = nullptr;
  const xnn_status status =
      CreateLinearOperator(format, spec.in_features, rows.count(), arrays, target.cache(), &op);
  xnn_delete_operator(op);
  return XnnpackStatus(status, "pack a linear layer");
}

}  // namespace

Status PackLinear(LinearFormat format, const LinearSpec& spec, const PackingOptions& options,
                  PackedWeights& packed) {
  constexpr size_t kWeightsPerSlice = size_t{1} << 20;
  GEMMA4_RETURN_IF_ERROR(InitializeKernels());
  GEMMA4_ASSIGN_OR_RETURN(const size_t size_bytes,
                          PackedSizeBytes(format, spec.in_features, spec.out_features));
  // XNNPACK may read a little past the end of its packed weights.
  GEMMA4_ASSIGN_OR_RETURN(AnonymousMemory memory,
                          AnonymousMemory::Reserve(size_bytes + XNN_EXTRA_BYTES, "packed weights"));

  memory.WantHugePages();
  const size_t slice_rows =
      std::max<size_t>(1, kWeightsPerSlice / spec.in_features / kTileRows) * kTileRows;
  // The last slice takes what remains: XNNPACK packs very few rows in another way.
  const size_t num_slices = std::max<size_t>(1, spec.out_features / slice_rows);
  GEMMA4_ASSIGN_OR_RETURN(const size_t slice_bytes,
                          PackedSizeBytes(format, spec.in_features, slice_rows));
  std::vector<Status> results(num_slices, Status::Ok());
  const auto pack_slice = [&](size_t slice) {
    const size_t begin = slice * slice_rows;
    const RowRange rows{begin, slice + 1 == num_slices ? spec.out_features : begin + slice_rows};
    Status& result = results[slice];
    result = CheckCancelled(options.cancel, "packing weights");
    if (!result.ok()) return;
    const std::span<std::byte> all(memory.data(), size_bytes);
    try {
      result = PackRows(format, spec, rows, all.subspan(slice * slice_bytes));
      if (options.after_reading) ForEachStretch(spec, rows, options.after_reading);
    } catch (const std::bad_alloc&) {  // no exception may leave a thread of the pool
      result = Status::OutOfMemory("no memory to pack %zu rows of weights", rows.count());
    }
  };
  if (options.pool != nullptr) {
    options.pool->ParallelFor(num_slices, pack_slice);
  } else {
    for (size_t slice = 0; slice < num_slices; ++slice) pack_slice(slice);
  }
  for (Status& result : results) {
    if (!result.ok()) return std::move(result);
  }
  packed.Own(spec.id, std::move(memory), size_bytes);
  return Status::Ok();
}

StatusOr<size_t> PackedSizeBytes(LinearFormat format, size_t in_features, size_t out_features) {
  GEMMA4_RETURN_IF_ERROR(InitializeKernels());
  // XNNPACK packs output rows in tiles of a power of two of rows, so many bytes a row, and aligns
  // the whole; kTileRows rows are whole tiles and aligned, and one row more tells how high a tile
  // is.
  const std::vector<float> row_scales(2 * kTileRows, 1.0f);
  const std::vector<uint16_t> block_scales(2 * kTileRows * (in_features / kInt4Block + 1),
                                           kBf16One);
  const auto probe = [&](size_t out) {
    PackingTarget no_memory({});
    xnn_operator* op = nullptr;
    CreateLinearOperator(format, in_features, out,
                         {row_scales.data(), row_scales.data(), block_scales.data()},
                         no_memory.cache(), &op);  // fails for want of memory
    return no_memory.wanted_bytes();
  };
  const auto round_up = [](size_t value, size_t unit) { return (value + unit - 1) / unit * unit; };
  const size_t row_bytes = probe(kTileRows) / kTileRows, more_bytes = probe(kTileRows + 1);
  for (size_t tile_rows = kTileRows; tile_rows > 0 && row_bytes > 0; tile_rows /= 2) {
    if (round_up(round_up(kTileRows + 1, tile_rows) * row_bytes, kAlignment) != more_bytes) {
      continue;
    }
    return round_up(round_up(out_features, tile_rows) * row_bytes, kAlignment);
  }
  return Status::Internal("XNNPACK packs %zu rows of %zu inputs into %zu bytes, one more into %zu",
                          kTileRows, in_features, row_bytes * kTileRows, more_bytes);
}

}  // namespace gemma4
