// The configuration of a decoder, from a GGUF file's metadata and tensor shapes.
#ifndef GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CONFIG_H_
#define GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CONFIG_H_

#include <functional>
#include <string_view>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/checkpoint/gguf/gguf_file.h"
#include "lib/model/model_config.h"

namespace gemma4 {

// The tensor of this name in any file of the checkpoint, or null.
using FindGgufTensor = std::function<const TensorView*(std::string_view name)>;

// kUnsupported for another architecture than gemma4, saying what it is; kCorrupt names the key, the
// value found and the value allowed. What metadata does not say, tensors do: the vocabulary's size,
// whether the head is tied, which layers take their values from k_proj, how much of a full layer's
// head turns (rope_freqs).
StatusOr<ModelConfig> ReadGgufConfig(const GgufFile& file, const FindGgufTensor& find_tensor);

// How text is made: general.sampling.*, else what Google recommends for the family. Stop tokens are
// not here; GgufStopTokens() has them.
StatusOr<GenerationConfig> ReadGgufGenerationConfig(const GgufFile& file);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_CONFIG_H_
