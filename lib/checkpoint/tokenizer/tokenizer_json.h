// tokenizer.json (Hugging Face tokenizers) to Vocabulary.
#ifndef GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_
#define GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_

#include <cstddef>
#include <span>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

// Reads model.vocab, model.merges (as "a b" or as ["a", "b"]) and added_tokens. A piece's score is
// minus the lowest rank of a merge that makes it; pieces that no merge makes score below all
// others. kUnsupported for tokenizers that work another way than Gemma 4's (not BPE, no byte
// fallback, another normalizer), kCorrupt for files that contradict themselves.
//
// The published file has 32 MB, 262,144 pieces and 514,906 merges. It is read as a stream: memory
// is that of the Vocabulary and 6 bytes a piece.
StatusOr<Vocabulary> ParseTokenizerJson(std::span<const std::byte> bytes,
                                        const CancelFlag* cancel = nullptr);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_TOKENIZER_TOKENIZER_JSON_H_
