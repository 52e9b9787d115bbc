// Vocabulary: the pieces of a tokenizer as a file lists them, before any tokenizer is built.
#ifndef GEMMA4_LIB_MODEL_VOCABULARY_H_
#define GEMMA4_LIB_MODEL_VOCABULARY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace gemma4 {

enum class PieceKind : uint8_t {
  kNormal,   // made by merging
  kUnknown,  // <unk>
  kControl,  // a marker that no text may produce: <bos>, <|turn>, <|tool_call>, <|"|>, ...
  kCut,      // cuts raw text before merging, also in plain text: runs of newlines
  kByte,     // <0x00> ... <0xFF>
};

struct Piece {
  std::string text;    // UTF-8, spaces as U+2581
  float score = 0.0f;  // higher merges first; -(lowest rank of a merge that makes the piece)
  PieceKind kind = PieceKind::kNormal;
};

// Index in `pieces` is the token id.
struct Vocabulary {
  std::vector<Piece> pieces;
  int32_t bos_token_id = 2;
  int32_t eos_token_id = 1;
  int32_t pad_token_id = 0;
  int32_t unk_token_id = 3;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_MODEL_VOCABULARY_H_
