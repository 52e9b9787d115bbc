// tokenizer.model (SentencePiece's ModelProto) to Vocabulary.
#ifndef GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_MODEL_H_
#define GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_MODEL_H_

#include <cstddef>
#include <span>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

// Reads the pieces with their scores and types; the rules for added pieces are those of
// tokenizer.json, so both files of one tokenizer give the same kinds and the same order of scores.
// kUnsupported for models that work another way than Gemma 4's (not BPE, a dummy prefix, a
// normalizer), kCorrupt for bytes that are no ModelProto.
StatusOr<Vocabulary> ParseTokenizerModel(std::span<const std::byte> bytes,
                                         const CancelFlag* cancel = nullptr);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_MODEL_H_
