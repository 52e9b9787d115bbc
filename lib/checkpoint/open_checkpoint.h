// The one place that decides which format a path or a piece of memory holds.
#ifndef GEMMA4_LIB_CHECKPOINT_OPEN_CHECKPOINT_H_
#define GEMMA4_LIB_CHECKPOINT_OPEN_CHECKPOINT_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/mapped_file.h"
#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"

namespace gemma4 {

// `path`: a folder as Hugging Face publishes it (config.json, model.safetensors or shards with
// model.safetensors.index.json, tokenizer.json or tokenizer.model, generation_config.json).
// Or a GGUF file; of a split one, any of its parts.
// Reads headers and small files only; tensors are mapped.
StatusOr<Checkpoint> OpenCheckpoint(const std::string& path, const OpenOptions& options = {});

// One file of a checkpoint that lies in memory (the embedded demo model, a game's archive).
struct MemoryFile {
  std::string_view name;  // "config.json"
  std::span<const std::byte> bytes;
};

// A model that is one file, GGUF or packed, mapped by the caller. `name` is for messages.
StatusOr<Checkpoint> OpenCheckpointFromFile(MappedFile file, const std::string& name,
                                            const OpenOptions& options = {});

// The same in memory that must outlive the Checkpoint.
StatusOr<Checkpoint> OpenCheckpointFromFile(std::span<const std::byte> bytes,
                                            const std::string& name,
                                            const OpenOptions& options = {});

// As above, from memory that must outlive the Checkpoint.
StatusOr<Checkpoint> OpenCheckpointFromMemory(std::span<const MemoryFile> files,
                                              const OpenOptions& options = {});

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_OPEN_CHECKPOINT_H_
