// The header of a safetensors file.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

void ParseAndCheck(std::span<const std::byte> file) {
  const AllocationLimit limit(file.size());
  const auto tensors = ParseSafetensors(file);
  RequireGoodStatus(tensors.status());
  if (!tensors.ok()) return;
  Require(tensors->size() <= kMaxTensors, "there are at most kMaxTensors");
  const TensorView* before = nullptr;
  for (const TensorView& tensor : *tensors) {
    RequireGoodTensor(file, tensor);
    Require(before == nullptr || before->name < tensor.name, "names are in order, each once",
            tensor.name);
    before = &tensor;
  }
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span(data, size));
  gemma4::fuzz::ParseAndCheck(file);
  const std::string fixed = gemma4::fuzz::WithTrueHeaderLength(file);
  gemma4::fuzz::ParseAndCheck(gemma4::fuzz::BytesOf(fixed));
  return 0;
}
