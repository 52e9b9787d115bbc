// A GGUF file, or the files that one was split into, as a Checkpoint.
#ifndef GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CHECKPOINT_H_
#define GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CHECKPOINT_H_

#include <string>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/checkpoint_files.h"

namespace gemma4 {

// `name`: the file; of a split one, "model-00001-of-00003.gguf" or any other of its parts, which
// lie beside it.
StatusOr<Checkpoint> OpenGgufCheckpoint(const CheckpointFiles& files, const std::string& name,
                                        const OpenOptions& options = {});

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CHECKPOINT_H_
