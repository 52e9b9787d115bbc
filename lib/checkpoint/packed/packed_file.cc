#include "lib/checkpoint/packed/packed_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/hash64.h"
#include "lib/base/one_line.h"
#include "lib/checkpoint/checkpoint_builder.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"
#include "lib/model/tensor_role.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {
namespace {

StatusOr<PackedHeader> ReadHeader(std::span<const std::byte> bytes) {
  PackedHeader header;
  if (bytes.size() < kPackedHeaderBytes) {
    return Status::Corrupt("the packed file was cut short: it has %zu bytes", bytes.size());
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kPackedMagic, sizeof(header.magic)) != 0) {
    return Status::Corrupt("is not a packed file");
  }
  if (header.version != kPackedVersion) {
    return Status::Unsupported(
        "is a packed file of version %u; this library reads version %u: pack the model again",
        header.version, kPackedVersion);
  }
  if (header.header_hash != HashOf(bytes.first(offsetof(PackedHeader, header_hash)))) {
    return Status::Corrupt("the packed file's header is damaged");
  }
  if (header.file_bytes != bytes.size()) {
    return Status::Corrupt("the packed file was cut short or added to: %zu bytes of %llu",
                           bytes.size(), static_cast<unsigned long long>(header.file_bytes));
  }
  if (header.index_offset > bytes.size() ||
      header.index_bytes > bytes.size() - header.index_offset) {
    return Status::Corrupt("the packed file's header is damaged");
  }
  return header;
}

StatusOr<std::span<const std::byte>> SectionOf(std::span<const std::byte> bytes,
                                               const PackedSection& section) {
  if (section.offset > bytes.size() || section.size_bytes > bytes.size() - section.offset) {
    return Status::Corrupt("the packed file's index is damaged: a section lies outside the file");
  }
  return bytes.subspan(section.offset, section.size_bytes);
}

// XNNPACK's kernels read whole vectors, also a little past the last weight.
Status CheckLinearSection(std::span<const std::byte> bytes, const PackedLinearEntry& entry) {
  constexpr uint64_t kReadableTailBytes = 128;
  const PackedSection& section = entry.section;
  if (section.offset % kPackedLinearAlignment == 0 &&
      bytes.size() - section.offset - section.size_bytes >= kReadableTailBytes) {
    return Status::Ok();
  }
  return Status::Corrupt(
      "the packed file's index is damaged: linear layer %zu lies at offset %llu, which is not a "
      "multiple of %llu, or at the end",
      entry.linear.id, static_cast<unsigned long long>(section.offset),
      static_cast<unsigned long long>(kPackedLinearAlignment));
}

// The ids that name pieces do so.
Status CheckNamedIds(const Vocabulary& vocabulary) {
  const std::pair<const char*, int32_t> named[] = {{"<bos>", vocabulary.bos_token_id},
                                                   {"<eos>", vocabulary.eos_token_id},
                                                   {"<pad>", vocabulary.pad_token_id},
                                                   {"<unk>", vocabulary.unk_token_id}};
  for (const auto& [name, id] : named) {
    if (id >= 0 && static_cast<size_t>(id) < vocabulary.pieces.size()) continue;
    return Status::Corrupt("the id of %s is %d; there are %zu pieces", name, id,
                           vocabulary.pieces.size());
  }
  return Status::Ok();
}

// kCorrupt unless the section holds just the tensor.
Status CheckTensor(const TensorView& tensor) {
  uint64_t num_elements = 1;
  for (size_t dimension : tensor.shape) {
    if (dimension == 0 || num_elements > (uint64_t{1} << 48) / dimension) {
      return Status::Corrupt("tensor %s is %s", tensor.name.c_str(), tensor.ShapeText().c_str());
    }
    num_elements *= dimension;
  }
  if (tensor.type == DataType::kW4G32 && !tensor.data.empty()) {
    return Status::Corrupt("tensor %s is W4G32, which only packed linear layers hold",
                           tensor.name.c_str());
  }
  const size_t row_size = tensor.shape.empty() ? 1 : tensor.shape.back();
  const bool is_whole =
      IsWeightType(tensor.type) && row_size % BlockOf(tensor.type).num_elements == 0 &&
      (tensor.data.empty() || tensor.data.size() == StoredSizeBytes(tensor.type, num_elements));
  return is_whole ? Status::Ok()
                  : Status::Corrupt("tensor %s has %zu bytes, which are not %s %s",
                                    tensor.name.c_str(), tensor.data.size(),
                                    DataTypeName(tensor.type), tensor.ShapeText().c_str());
}

}  // namespace

bool IsPackedFile(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(kPackedMagic) &&
         std::memcmp(bytes.data(), kPackedMagic, sizeof(kPackedMagic)) == 0;
}

StatusOr<PackedIndex> ReadPackedFile(std::span<const std::byte> bytes) {
  GEMMA4_ASSIGN_OR_RETURN(const PackedHeader header, ReadHeader(bytes));
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kPackedTensorAlignment != 0) {
    return Status::InvalidArgument("a packed file must begin at a multiple of %llu bytes in memory",
                                   static_cast<unsigned long long>(kPackedTensorAlignment));
  }
  const auto index_bytes = bytes.subspan(header.index_offset, header.index_bytes);
  if (HashOf(index_bytes) != header.index_hash) {
    return Status::Corrupt("the packed file's index is damaged");
  }
  GEMMA4_ASSIGN_OR_RETURN(PackedIndex index, ReadPackedIndex(index_bytes));
  for (PackedTensorEntry& entry : index.tensors) {
    entry.tensor.view.name = CutToOneLine(entry.tensor.view.name);
    GEMMA4_ASSIGN_OR_RETURN(entry.tensor.view.data, SectionOf(bytes, entry.section));
    GEMMA4_RETURN_IF_ERROR(CheckTensor(entry.tensor.view));
  }
  for (PackedLinearEntry& entry : index.linears) {
    GEMMA4_ASSIGN_OR_RETURN(entry.linear.bytes, SectionOf(bytes, entry.section));
    GEMMA4_RETURN_IF_ERROR(CheckLinearSection(bytes, entry));
  }
  return index;
}

PackedLinears TakePackedLinears(const PackedIndex& index) {
  PackedLinears packed;
  packed.key = index.key;
  for (const PackedLinearEntry& entry : index.linears) packed.linears.push_back(entry.linear);
  std::sort(packed.linears.begin(), packed.linears.end(),
            [](const PackedLinear& a, const PackedLinear& b) { return a.id < b.id; });
  return packed;
}

StatusOr<Checkpoint> OpenPackedCheckpoint(CheckpointFile file) {
  GEMMA4_ASSIGN_OR_RETURN(PackedIndex index, ReadPackedFile(file.bytes));
  if (!index.model.has_value()) {
    return Status::Unsupported(
        "is a cache of packed weights and no whole model; load the checkpoint it was made from");
  }
  PackedModel& model = *index.model;
  GEMMA4_RETURN_IF_ERROR(model.config.Validate());
  CheckpointBuilder builder("packed", std::move(model.config));
  builder.SetGenerationConfig(std::move(model.generation_config));
  if (model.vocabulary) {
    GEMMA4_RETURN_IF_ERROR(CheckPieces(*model.vocabulary).WithPrefix("the tokenizer"));
    GEMMA4_RETURN_IF_ERROR(CheckNamedIds(*model.vocabulary).WithPrefix("the tokenizer"));
    GEMMA4_RETURN_IF_ERROR(
        builder.SetVocabulary(*std::move(model.vocabulary)).WithPrefix("the tokenizer"));
  }
  builder.SetPackedLinears(TakePackedLinears(index));
  for (PackedTensorEntry& entry : index.tensors) {
    if (entry.tensor.layer >= builder.config().num_layers() ||
        (entry.tensor.view.data.empty() && !IsHeldByLinears(entry.tensor))) {
      return Status::Corrupt("the packed file has no data of tensor %s",
                             entry.tensor.view.name.c_str());
    }
    builder.AddTensor(std::move(entry.tensor));
  }
  builder.AddFile(std::move(file.mapping));
  return std::move(builder).Build([](TensorRole role, size_t layer) {
    return std::string(TensorRoleName(role)) +
           (IsPerLayer(role) ? " of layer " + std::to_string(layer) : "");
  });
}

Status VerifyPackedFile(std::span<const std::byte> bytes) {
  GEMMA4_ASSIGN_OR_RETURN(const PackedIndex index, ReadPackedFile(bytes));
  for (const PackedLinearEntry& entry : index.linears) {
    if (HashOf(entry.linear.bytes) == entry.section.hash) continue;
    return Status::Corrupt("the packed weights of linear layer %zu are damaged", entry.linear.id);
  }
  for (const PackedTensorEntry& entry : index.tensors) {
    if (entry.section.size_bytes == 0 || HashOf(entry.tensor.view.data) == entry.section.hash) {
      continue;
    }
    return Status::Corrupt("tensor %s is damaged", entry.tensor.view.name.c_str());
  }
  return Status::Ok();
}

}  // namespace gemma4
