// What a packed file says about itself, and in which order its fields lie.
//
// A packed file holds the weights of linear layers as XNNPACK lays them out for one kind of CPU, so
// that a load maps them and reads nothing. One that was made by `gemma4 pack` holds the whole model
// besides (configuration, tokenizer, embedding tables, norms); one of a cache folder holds linear
// layers only, and the checkpoint that it was made from has the rest.
//
//   0            header: magic, layout of this file, its size, where the index lies, hashes
//   4096         sections: packed linears (aligned to 4096), then tensors (aligned to 64)
//   ...          index: PackedIndex, field by field
#ifndef GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_INDEX_H_
#define GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/packed/packed_linear.h"
#include "lib/model/model_config.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

inline constexpr char kPackedMagic[8] = {'G', 'E', 'M', 'M', 'A', '4', 'P', 'K'};
// Grows with every change of this file's layout or of how linears are numbered.
inline constexpr uint32_t kPackedVersion = 2;
inline constexpr uint64_t kPackedHeaderBytes = 4096;
// Packed weights begin on pages, so that processes share whole ones.
inline constexpr uint64_t kPackedLinearAlignment = 4096;
inline constexpr uint64_t kPackedTensorAlignment = 64;

struct PackedHeader {
  char magic[8];
  uint32_t version;
  uint32_t reserved;
  uint64_t file_bytes;
  uint64_t index_offset;
  uint64_t index_bytes;
  uint64_t index_hash;
  uint64_t header_hash;  // of everything before
};

struct PackedSection {
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  uint64_t hash = 0;
};

struct PackedTensorEntry {
  CheckpointTensor tensor;  // without data
  PackedSection section;    // empty where a packed linear has its place
};

struct PackedLinearEntry {
  PackedLinear linear;  // without data
  PackedSection section;
};

struct PackedModel {
  ModelConfig config;
  GenerationConfig generation_config;
  std::optional<Vocabulary> vocabulary;
};

struct PackedIndex {
  PackedKey key;
  std::optional<PackedModel> model;  // absent in a cache
  std::vector<PackedTensorEntry> tensors;
  std::vector<PackedLinearEntry> linears;
};

std::vector<std::byte> WritePackedIndex(const PackedIndex& index);

// kCorrupt for anything that no writer wrote. Sections are not checked against the file here.
StatusOr<PackedIndex> ReadPackedIndex(std::span<const std::byte> bytes);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_INDEX_H_
