// What both tokenizer files are held to, so that they give the same Vocabulary.
#ifndef GEMMA4_LIB_CHECKPOINT_TOKENIZER_VOCABULARY_RULES_H_
#define GEMMA4_LIB_CHECKPOINT_TOKENIZER_VOCABULARY_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/status.h"
#include "lib/checkpoint/tokenizer/piece_index.h"
#include "lib/model/vocabulary.h"

namespace gemma4 {

// Gemma 4 has 262,144 pieces. A file lists one in 13 bytes at least, once there are this many, and
// we keep it in 46: the bound holds their difference under 16 MiB.
inline constexpr size_t kMaxPieces = 400000;

// The byte that "<0x0A>" stands for; none for any other text.
std::optional<uint8_t> ParseBytePiece(std::string_view text);

// The kind of a piece that the file sets apart from the merged ones (an added token, a user-defined
// symbol). `is_special`: the file says that no text may produce it.
//
//   "\n", "\n\n", …           kCut: they cut raw text, and text produces them
//   special, or <|x>, <x|>    kControl, whatever the file says: the published files list the tool
//                             and channel markers as ordinary symbols so that they are printed, but
//                             a user's text must not be able to forge a tool call
//   anything else             kNormal: runs of spaces, HTML tags such as </s>, <unused7>. They are
//                             ordinary pieces of the trained model: merges lead to those that text
//                             may contain, and to the reserved ones nothing leads
PieceKind KindOfSetApartPiece(std::string_view text, bool is_special);

// What every vocabulary must keep to, wherever it comes from: pieces are UTF-8 and not empty, and
// no marker is a single character, which text could not do without.
Status CheckPieces(const Vocabulary& vocabulary);

// Last checks and the remaining kinds: every byte has a piece, the pieces <bos>, <eos>, <pad> and
// <unk> exist, whose ids are set. `unknown_text` is the file's name for <unk>.
Status FinishVocabulary(const PieceIndex& index, std::string_view unknown_text,
                        Vocabulary& vocabulary);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_TOKENIZER_VOCABULARY_RULES_H_
