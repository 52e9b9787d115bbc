// A packed file whose index is the input. Header and hashes are made right around it, since nothing
// else would ever come past them, and the seeds' sections have room, all zeros. Then the input goes
// over the header.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "lib/base/hash64.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/checkpoint/packed/packed_file.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

// As large as the files that the seeds are from.
constexpr size_t kIndexOffset = 500000;

// Bytes at an address that packed files may begin at.
class AlignedBytes {
 public:
  explicit AlignedBytes(size_t size_bytes) : memory_(size_bytes + kPackedTensorAlignment) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(memory_.data());
    const size_t skipped = static_cast<size_t>(-address % kPackedTensorAlignment);
    bytes_ = std::span(memory_).subspan(skipped, size_bytes);
  }
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> memory_;
  std::span<std::byte> bytes_;
};

void Open(std::span<const std::byte> bytes) {
  const AllocationLimit limit(bytes.size());
  const auto index = ReadPackedFile(bytes);
  RequireGoodStatus(index.status());
  if (index.ok()) {
    for (const PackedTensorEntry& entry : index->tensors) {
      RequireInside(bytes, entry.tensor.view.data, entry.tensor.view.name);
    }
    for (const PackedLinearEntry& entry : index->linears) {
      RequireInside(bytes, entry.linear.bytes, "packed weights");
    }
    RequireGoodStatus(VerifyPackedFile(bytes));
  }
  const MemoryFile files[] = {{"model.gemma4", bytes}};
  RequireGoodStatus(OpenCheckpointFromMemory(files).status());
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;                   // NOLINT
  if (size > (size_t{1} << 20)) return -1;  // libFuzzer gives no such input
  const fuzz::AlignedBytes file(fuzz::kIndexOffset + size);
  PackedHeader header = {};
  std::memcpy(header.magic, kPackedMagic, sizeof(header.magic));
  header.version = kPackedVersion;
  header.file_bytes = file.bytes().size();
  header.index_offset = fuzz::kIndexOffset;
  header.index_bytes = size;
  const auto input = std::as_bytes(std::span(data, size));
  std::copy(input.begin(), input.end(), file.bytes().begin() + fuzz::kIndexOffset);
  header.index_hash = HashOf(file.bytes().subspan(fuzz::kIndexOffset));
  header.header_hash =
      HashOf(std::as_bytes(std::span(&header, 1)).first(offsetof(PackedHeader, header_hash)));
  std::memcpy(file.bytes().data(), &header, sizeof(header));
  fuzz::Open(file.bytes());

  // The header itself: the input over the good one.
  const auto over_header = input.first(std::min(size, sizeof(header)));
  std::copy(over_header.begin(), over_header.end(), file.bytes().begin());
  fuzz::Open(file.bytes());
  return 0;
}
