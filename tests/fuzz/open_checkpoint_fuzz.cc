// A checkpoint of two files: config.json up to the first NUL byte, which JSON cannot contain, and
// model.safetensors after it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/checkpoint/open_checkpoint.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

void OpenAndCheck(std::span<const std::byte> config, std::span<const std::byte> weights) {
  const MemoryFile files[] = {{"config.json", config}, {"model.safetensors", weights}};
  const AllocationLimit limit(config.size() + weights.size());
  const auto checkpoint = OpenCheckpointFromMemory(files);
  RequireGoodStatus(checkpoint.status());
  if (!checkpoint.ok()) return;
  RequireGoodCheckpoint(weights, *checkpoint);
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  const size_t config_bytes =
      static_cast<size_t>(std::find(input.begin(), input.end(), std::byte{0}) - input.begin());
  const auto config = input.first(config_bytes);
  const auto weights = input.subspan(std::min(config_bytes + 1, input.size()));
  gemma4::fuzz::OpenAndCheck(config, weights);
  const std::string fixed = gemma4::fuzz::WithTrueHeaderLength(weights);
  gemma4::fuzz::OpenAndCheck(config, gemma4::fuzz::BytesOf(fixed));
  return 0;
}
