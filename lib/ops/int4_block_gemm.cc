#include "lib/ops/int4_block_gemm.h"

#include <xnnpack.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

#include "lib/quant/int4.h"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of GCC 12's own header
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#define GEMMA4_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
#endif

namespace gemma4 {
namespace {

// How XNNPACK packs sixteen outputs for these CPUs:
//   -sum of weights, f32 [16]
//   for each block of 32 inputs: weights, int4 [32, 16]; a 16th of their scales, bf16 [16]
//   bias, f32 [16]
// A block's weights are two groups of sixteen inputs. A byte has two of them, the first eight in
// the low nibbles, the second in the high ones: [16 outputs][8] bytes.
constexpr size_t kTileOutputs = 16;
constexpr size_t kTileFloatBytes = kTileOutputs * sizeof(float);
constexpr size_t kTileWeightBytes = kTileOutputs * kInt4Block / 2;
constexpr size_t kTileBlockBytes = kTileWeightBytes + kTileOutputs * sizeof(uint16_t);

size_t TileBytes(size_t in_features) {
  return 2 * kTileFloatBytes + in_features / kInt4Block * kTileBlockBytes;
}

constexpr size_t DivideRoundUp(size_t a, size_t b) { return (a + b - 1) / b; }

constexpr size_t kTiles = 2;  // of a panel: an input is broadcast once for both
constexpr size_t kPanelOutputs = kTiles * kTileOutputs;
constexpr size_t kGroups = kInt4Block / 4;  // of the four inputs that an instruction takes
constexpr size_t kRows = 5;                 // whose sums stay in registers
constexpr size_t kPanelBlocks = 64;
constexpr size_t kPrefetchBytes = 4096;  // how far weights are asked for ahead

struct PanelBlock {
  alignas(64) int8_t weights[kGroups][kTiles][kTileOutputs * 4];  // 16 times their values
  alignas(64) float scales[kTiles][kTileOutputs];                 // a 16th
};

}  // namespace

StatusOr<Int4BlockGemmScratch> Int4BlockGemmScratch::Create(size_t num_threads, size_t max_rows) {
  Int4BlockGemmScratch scratch;
  constexpr size_t kPage = 4096;
  const size_t size_bytes =
      kPanelBlocks * sizeof(PanelBlock) + max_rows * kPanelOutputs * sizeof(float);
  scratch.num_threads_ = num_threads;
  scratch.max_rows_ = max_rows;
  scratch.slot_bytes_ = DivideRoundUp(size_bytes, kPage) * kPage;
  GEMMA4_ASSIGN_OR_RETURN(
      scratch.memory_,
      AnonymousMemory::Reserve(num_threads * scratch.slot_bytes_, "unpacked weights"));
  return scratch;
}

float* Int4BlockGemmScratch::sums(size_t slot) const {
  return reinterpret_cast<float*>(panel(slot) + kPanelBlocks * sizeof(PanelBlock));
}

size_t Int4BlockGemmPackedBytes(size_t in_features, size_t out_features) {
  return DivideRoundUp(out_features, kTileOutputs) * TileBytes(in_features);
}

#if defined(__x86_64__)

bool CpuHasInt4BlockGemm() {
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

namespace {

// The panel's sixteen outputs `t` of one block.
GEMMA4_VNNI void Unpack(const std::byte* packed, size_t t, PanelBlock& block) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  const __m512i high_nibbles = _mm512_set1_epi8(static_cast<char>(0xF0));
  for (size_t half = 0; half < 2; ++half) {
    const __m512i first = _mm512_loadu_si512(packed + half * 128);  // of outputs 0 ... 7
    const __m512i second = _mm512_loadu_si512(packed + half * 128 + 64);
    const __m512i a = _mm512_permutex2var_epi32(first, even, second);  // inputs 0 ... 3, 8 ... 11
    const __m512i b = _mm512_permutex2var_epi32(first, odd, second);   // inputs 4 ... 7, 12 ... 15
    const auto store = [&](size_t group, __m512i weights) GEMMA4_VNNI {
      _mm512_store_si512(block.weights[4 * half + group][t],
                         _mm512_and_si512(weights, high_nibbles));
    };
    store(0, _mm512_slli_epi32(a, 4));
    store(1, _mm512_slli_epi32(b, 4));
    store(2, a);
    store(3, b);
  }
  const __m256i scales =
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(packed + kTileWeightBytes));
  _mm512_store_si512(block.scales[t], _mm512_slli_epi32(_mm512_cvtepu16_epi32(scales), 16));
}

// Some or all of the inputs of 32 outputs.
struct Panel {
  PanelBlock* blocks;  // [num_blocks]
  size_t first_block, num_blocks;
  bool is_first, is_last;          // of the parts of the inputs
  const std::byte* tiles[kTiles];  // packed; null: there are no such outputs
  __mmask16 masks[kTiles];         // of outputs that there are
  size_t in_features;
};

GEMMA4_VNNI void UnpackPanel(const Panel& panel) {
  for (size_t t = 0; t < kTiles; ++t) {
    for (size_t b = 0; b < panel.num_blocks; ++b) {
      PanelBlock& block = panel.blocks[b];
      if (panel.tiles[t] != nullptr) {
        const size_t offset = kTileFloatBytes + (panel.first_block + b) * kTileBlockBytes;
        const std::byte* packed = panel.tiles[t] + offset;
        for (size_t i = 0; i < kTileBlockBytes; i += 64) {
          _mm_prefetch(reinterpret_cast<const char*>(packed) + kPrefetchBytes + i, _MM_HINT_T0);
        }
        Unpack(packed, t, block);
      } else {
        for (auto& group : block.weights) std::memset(group[t], 0, sizeof(group[t]));
        std::memset(block.scales[t], 0, sizeof(block.scales[t]));
      }
    }
  }
}

// Takes rows through the panel, in XNNPACK's order of floating-point operations:
//   y = (-sum(w) (z + 128) + sum over blocks of scale / 16 * sum(16 w (x + 128))) * row scale +
//   bias
// z: the row's zero point. A sum in brackets is an integer below 2^24. What is no number in the end
// becomes minus infinity, as by XNNPACK's clamp.
// x: [kNumRows, in_features]; so_far: [kNumRows, 32], the outer sums from part to part of the
// inputs; y: [kNumRows, stride], written with the last part.
template <size_t kNumRows>
GEMMA4_VNNI void Multiply(const Panel& panel, const uint8_t* x,
                          const xnn_quantization_params* params, float* so_far, float* y,
                          size_t stride) {
  __m512 sums[kNumRows][kTiles];
#pragma GCC unroll 8
  for (size_t r = 0; r < kNumRows; ++r) {
#pragma GCC unroll 2
    for (size_t t = 0; t < kTiles; ++t) {
      if (!panel.is_first) {
        sums[r][t] = _mm512_loadu_ps(so_far + r * kPanelOutputs + t * kTileOutputs);
      } else if (panel.tiles[t] != nullptr) {
        sums[r][t] = _mm512_mul_ps(_mm512_loadu_ps(panel.tiles[t]),
                                   _mm512_set1_ps(static_cast<float>(params[r].zero_point + 128)));
      } else {
        sums[r][t] = _mm512_setzero_ps();
      }
    }
  }
  for (size_t b = 0; b < panel.num_blocks; ++b) {
    const PanelBlock& block = panel.blocks[b];
    __m512i products[kNumRows][kTiles];
#pragma GCC unroll 8
    for (size_t r = 0; r < kNumRows; ++r) {
#pragma GCC unroll 2
      for (size_t t = 0; t < kTiles; ++t) products[r][t] = _mm512_setzero_si512();
    }
#pragma GCC unroll 8
    for (size_t g = 0; g < kGroups; ++g) {
      const __m512i weights[kTiles] = {_mm512_load_si512(block.weights[g][0]),
                                       _mm512_load_si512(block.weights[g][1])};
#pragma GCC unroll 8
      for (size_t r = 0; r < kNumRows; ++r) {
        int32_t four;
        std::memcpy(&four, x + r * panel.in_features + 4 * g, sizeof(four));
        const __m512i inputs = _mm512_set1_epi32(four);
#pragma GCC unroll 2
        for (size_t t = 0; t < kTiles; ++t) {
          products[r][t] = _mm512_dpbusd_epi32(products[r][t], inputs, weights[t]);
        }
      }
    }
#pragma GCC unroll 2
    for (size_t t = 0; t < kTiles; ++t) {
      const __m512 scales = _mm512_load_ps(block.scales[t]);
#pragma GCC unroll 8
      for (size_t r = 0; r < kNumRows; ++r) {
        sums[r][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[r][t]), scales, sums[r][t]);
      }
    }
    x += kInt4Block;
  }
#pragma GCC unroll 2
  for (size_t t = 0; t < kTiles; ++t) {
    if (panel.tiles[t] == nullptr) continue;
    const __m512 bias =
        _mm512_loadu_ps(panel.tiles[t] + TileBytes(panel.in_features) - kTileFloatBytes);
#pragma GCC unroll 8
    for (size_t r = 0; r < kNumRows; ++r) {
      if (panel.is_last) {
        const __m512 scaled = _mm512_mul_ps(sums[r][t], _mm512_set1_ps(params[r].scale));
        const __m512 result = _mm512_max_ps(_mm512_add_ps(scaled, bias), _mm512_set1_ps(-INFINITY));
        _mm512_mask_storeu_ps(y + r * stride + t * kTileOutputs, panel.masks[t], result);
      } else {
        _mm512_storeu_ps(so_far + r * kPanelOutputs + t * kTileOutputs, sums[r][t]);
      }
    }
  }
}

constexpr std::array<decltype(&Multiply<1>), kRows + 1> kMultiply = {
    nullptr, Multiply<1>, Multiply<2>, Multiply<3>, Multiply<4>, Multiply<5>};

}  // namespace

void Int4BlockGemm(size_t in_features, size_t out_features, std::span<const std::byte> packed,
                   const Int4BlockGemmRows& rows, float* y, Int4BlockGemmScratch& scratch,
                   ThreadPool& pool) {
  assert(in_features % kInt4Block == 0 &&
         packed.size() >= Int4BlockGemmPackedBytes(in_features, out_features) &&
         pool.num_threads() <= scratch.num_threads() && rows.num_rows <= scratch.max_rows());
  const size_t num_panels = DivideRoundUp(out_features, kPanelOutputs);
  // Narrow layers are cut by rows, too, so that every thread has some tasks; each unpacks anew.
  constexpr size_t kTasksPerThread = 4, kFewestRows = 40;
  const size_t wanted_parts = DivideRoundUp(kTasksPerThread * pool.num_threads(), num_panels);
  const size_t part_rows = std::max(kFewestRows, DivideRoundUp(rows.num_rows, wanted_parts));
  const size_t num_parts = DivideRoundUp(rows.num_rows, part_rows);
  const size_t num_blocks = in_features / kInt4Block;

  pool.ParallelForInSlots(num_panels * num_parts, [&](size_t task, size_t slot) {
    const size_t output = task / num_parts * kPanelOutputs;
    const size_t begin = task % num_parts * part_rows;
    const size_t end = std::min(rows.num_rows, begin + part_rows);
    Panel panel = {};
    panel.blocks = reinterpret_cast<PanelBlock*>(scratch.panel(slot));
    panel.in_features = in_features;
    for (size_t t = 0; t < kTiles && output + t * kTileOutputs < out_features; ++t) {
      const size_t first = output + t * kTileOutputs;
      const size_t num_outputs = std::min(kTileOutputs, out_features - first);
      panel.masks[t] = static_cast<__mmask16>((1u << num_outputs) - 1);
      panel.tiles[t] = packed.data() + first / kTileOutputs * TileBytes(in_features);
    }
    for (size_t b = 0; b < num_blocks; b += kPanelBlocks) {
      panel.first_block = b;
      panel.num_blocks = std::min(kPanelBlocks, num_blocks - b);
      panel.is_first = b == 0;
      panel.is_last = b + panel.num_blocks == num_blocks;
      UnpackPanel(panel);
      for (size_t r = begin; r < end; r += kRows) {
        kMultiply[std::min(kRows, end - r)](panel, rows.values + r * in_features + b * kInt4Block,
                                            rows.params + r,
                                            scratch.sums(slot) + (r - begin) * kPanelOutputs,
                                            y + r * out_features + output, out_features);
      }
    }
  });
}

#else  // other processors

bool CpuHasInt4BlockGemm() { return false; }
void Int4BlockGemm(size_t, size_t, std::span<const std::byte>, const Int4BlockGemmRows&, float*,
                   Int4BlockGemmScratch&, ThreadPool&) {}

#endif

}  // namespace gemma4
