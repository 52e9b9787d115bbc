#include "lib/checkpoint/packed/packed_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lib/base/hash64.h"
#include "lib/base/mapped_file.h"

namespace gemma4 {
namespace {

// Written, hashed and forgotten at a time: a table of gigabytes passes through this much memory.
constexpr size_t kPieceBytes = size_t{8} << 20;

}  // namespace

StatusOr<PackedWriter> PackedWriter::Create(const std::string& path, OnWritten on_written) {
  GEMMA4_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path));
  static constexpr std::array<std::byte, kPackedHeaderBytes> kNoHeader{};
  GEMMA4_RETURN_IF_ERROR(file.Write(kNoHeader));
  return PackedWriter(std::move(file), std::move(on_written));
}

StatusOr<PackedSection> PackedWriter::AddSection(std::span<const std::byte> bytes,
                                                 uint64_t alignment) {
  GEMMA4_RETURN_IF_ERROR(file_.AlignTo(alignment));
  PackedSection section;
  section.offset = file_.size_bytes();
  section.size_bytes = bytes.size();
  Hash64 hash;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    hash.Add(piece);
    GEMMA4_RETURN_IF_ERROR(file_.Write(piece));
    GEMMA4_RETURN_IF_ERROR(on_written_(piece));
    bytes = bytes.subspan(piece.size());
  }
  section.hash = hash.Finish();
  return section;
}

Status PackedWriter::AddLinear(const PackedLinear& linear) {
  PackedLinearEntry entry{linear, {}};
  GEMMA4_ASSIGN_OR_RETURN(entry.section, AddSection(linear.bytes, kPackedLinearAlignment));
  entry.linear.bytes = {};
  index_.linears.push_back(std::move(entry));
  return Status::Ok();
}

Status PackedWriter::AddTensor(const CheckpointTensor& tensor, bool with_data) {
  PackedTensorEntry entry{tensor, {}};
  if (with_data) {
    GEMMA4_ASSIGN_OR_RETURN(entry.section, AddSection(tensor.view.data, kPackedTensorAlignment));
  }
  entry.tensor.view.data = {};
  index_.tensors.push_back(std::move(entry));
  return Status::Ok();
}

Status PackedWriter::Finish(const PackedKey& key, const Checkpoint* checkpoint) {
  index_.key = key;
  if (checkpoint != nullptr) {
    index_.model = PackedModel{checkpoint->config(), checkpoint->generation_config(),
                               checkpoint->vocabulary()};
  }
  // XNNPACK's kernels may read a little past the last section: the index follows.
  GEMMA4_RETURN_IF_ERROR(file_.AlignTo(kPackedLinearAlignment));
  const std::vector<std::byte> index = WritePackedIndex(index_);
  PackedHeader header = {};
  std::memcpy(header.magic, kPackedMagic, sizeof(header.magic));
  header.version = kPackedVersion;
  header.index_offset = file_.size_bytes();
  header.index_bytes = index.size();
  header.index_hash = HashOf(index);
  header.file_bytes = header.index_offset + header.index_bytes;
  const auto header_bytes = std::as_bytes(std::span(&header, 1));
  header.header_hash = HashOf(header_bytes.first(offsetof(PackedHeader, header_hash)));
  GEMMA4_RETURN_IF_ERROR(file_.Write(index));
  GEMMA4_RETURN_IF_ERROR(file_.WriteAt(0, header_bytes));
  return file_.Commit();
}

}  // namespace gemma4
