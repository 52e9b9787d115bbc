// The tokenizer inside a GGUF file.
#ifndef GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_VOCABULARY_H_
#define GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_VOCABULARY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/checkpoint/gguf/gguf_file.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

// Whether the file has a tokenizer. kUnsupported for other tokenizers than Gemma 4's.
StatusOr<bool> HasGgufVocabulary(const GgufFile& file);

// The vocabulary, the same that the checkpoint's tokenizer.json gives; nullopt where the file has
// no tokenizer. kCorrupt names the key.
StatusOr<std::optional<Vocabulary>> ReadGgufVocabulary(const GgufFile& file,
                                                       const CancelFlag* cancel = nullptr);

// Ids that end a generation: the file's own end token, and those that end a turn in Gemma 4's
// format whatever the file says: <eos>, <turn|>, <|tool_response>.
StatusOr<std::vector<int32_t>> ReadGgufStopTokens(const GgufFile& file,
                                                  const std::optional<Vocabulary>& vocabulary);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_VOCABULARY_H_
