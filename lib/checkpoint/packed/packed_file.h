// Reads a packed file: checks its header and index, maps the rest.
#ifndef GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_FILE_H_
#define GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_FILE_H_

#include <cstddef>
#include <span>
#include <string>

#include "lib/base/mapped_file.h"
#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/checkpoint_files.h"
#include "lib/checkpoint/packed/packed_index.h"

namespace gemma4 {

bool IsPackedFile(std::span<const std::byte> bytes);

// The index, with the data of every section a view into `bytes`. kCorrupt for a damaged file (one
// that was cut short, a flipped bit in header or index), kUnsupported for one of another version.
StatusOr<PackedIndex> ReadPackedFile(std::span<const std::byte> bytes);

// A file of `gemma4 pack`: a whole model.
StatusOr<Checkpoint> OpenPackedCheckpoint(CheckpointFile file);

// The linear layers of a file, whole model or cache.
PackedLinears TakePackedLinears(const PackedIndex& index);

// Reads every section: kCorrupt names the first whose bytes are not those that were written.
Status VerifyPackedFile(std::span<const std::byte> bytes);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_PACKED_PACKED_FILE_H_
