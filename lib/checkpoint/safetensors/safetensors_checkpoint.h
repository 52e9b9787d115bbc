// Opens a checkpoint in Hugging Face's layout.
#ifndef GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_CHECKPOINT_H_
#define GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_CHECKPOINT_H_

#include <string>

#include "lib/base/status.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/checkpoint_files.h"

namespace gemma4 {

// Reads config.json, generation_config.json, tokenizer.json or else tokenizer.model, and the
// headers of `weights_name` if it is given; else of model.safetensors or else of the shards that
// model.safetensors.index.json lists. Messages begin with the name of the file they are about.
StatusOr<Checkpoint> OpenSafetensorsCheckpoint(const CheckpointFiles& files,
                                               const std::string& weights_name = "",
                                               const OpenOptions& options = {});

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_SAFETENSORS_SAFETENSORS_CHECKPOINT_H_
