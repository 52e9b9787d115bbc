// A Vocabulary as the serialized ModelProto that sentencepiece loads.
#ifndef GEMMA4_LIB_TEXT_SENTENCEPIECE_MODEL_H_
#define GEMMA4_LIB_TEXT_SENTENCEPIECE_MODEL_H_

#include <string>

#include "lib/model/vocabulary.h"

namespace gemma4 {

// BPE with byte fallback, identity normalisation, spaces as U+2581, no dummy prefix. Control and
// cut pieces are of type CONTROL, which sentencepiece never makes from text.
std::string SerializeSentencepieceModel(const Vocabulary& vocabulary);

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_SENTENCEPIECE_MODEL_H_
