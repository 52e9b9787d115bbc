// Writes a packed file, section by section, so that only one of them is in memory.
#ifndef GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_WRITER_H_
#define GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_WRITER_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "lib/base/new_file.h"
#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/packed/packed_index.h"

namespace gemma4 {

class PackedWriter {
 public:
  // Called with each piece that was written; an error ends the writing.
  using OnWritten = std::function<Status(std::span<const std::byte> piece)>;

  // Nothing is to be seen under `path` before Finish().
  static StatusOr<PackedWriter> Create(const std::string& path, OnWritten on_written);

  Status AddLinear(const PackedLinear& linear);

  // With its data, or, where packed linears hold its weights, without.
  Status AddTensor(const CheckpointTensor& tensor, bool with_data);

  // `checkpoint`: whose configuration and tokenizer are written; null for a cache.
  Status Finish(const PackedKey& key, const Checkpoint* checkpoint);

 private:
  PackedWriter(NewFile file, OnWritten on_written)
      : file_(std::move(file)), on_written_(std::move(on_written)) {}

  StatusOr<PackedSection> AddSection(std::span<const std::byte> bytes, uint64_t alignment);

  NewFile file_;
  OnWritten on_written_;
  PackedIndex index_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_WRITER_H_
