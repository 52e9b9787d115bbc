#include "lib/ops/packed_layout.h"

#include <cstddef>
#include <vector>

#include "lib/base/hash64.h"
#include "lib/base/tensor_view.h"
#include "lib/ops/pack_linear.h"
#include "lib/ops/packed_weights.h"

namespace gemma4 {
namespace {

// More than any kernel's tile in both directions, and no multiple of one.
constexpr size_t kOut = 75;
constexpr size_t kIn = 320;

std::string InstructionSet() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni")) return "x86-64 with AVX-512 VNNI";
  if (__builtin_cpu_supports("avx512bw")) return "x86-64 with AVX-512";
  return "x86-64 with AVX2";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "another architecture";
#endif
}

}  // namespace

StatusOr<PackedLayout> ThisPackedLayout() {
  std::vector<float> weights(kOut * kIn);
  uint32_t state = 1;
  for (float& weight : weights) {
    state = state * 1664525u + 1013904223u;
    weight = static_cast<float>(static_cast<int32_t>(state)) * 0x1p-31f;
  }
  const TensorView view{"sample", DataType::kF32, {kOut, kIn}, std::as_bytes(std::span(weights))};
  PackedWeights packed;
  Hash64 hash;
  for (size_t i = 0; i < kNumLinearFormats; ++i) {
    const LinearSpec spec{.id = i, .in_features = kIn, .out_features = kOut, .parts = {&view, 1}};
    GEMMA4_RETURN_IF_ERROR(PackLinear(static_cast<LinearFormat>(i), spec, {}, packed));
    hash.Add(packed.Bytes(i));
  }
  return PackedLayout{hash.Finish(), InstructionSet()};
}

}  // namespace gemma4
