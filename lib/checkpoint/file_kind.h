// Says what a file or a folder is, when it is not what was hoped for.
#ifndef GEMMA4_LIB_CHECKPOINT_FILE_KIND_H_
#define GEMMA4_LIB_CHECKPOINT_FILE_KIND_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

// "an ONNX model", from the first bytes and the name; "of no kind that this version knows".
std::string DescribeFile(std::span<const std::byte> bytes, const std::string& name);

// What siblings are called in messages, and what is to be done with them.
inline constexpr const char* kAdapter =
    "an adapter (LoRA), not a whole model: merge it into the model that it was trained on, and "
    "give that";

inline constexpr const char* kDrafter =
    "a Gemma 4 drafter (assistant), which only drafts tokens for the model it was made for";

// "a Gemma 3 model, another architecture than Gemma 4": what another model_type, or architecture of
// a GGUF file, than those of Gemma 4 stands for.
const char* DescribeForeignModel(std::string_view type);

bool IsGguf(std::span<const std::byte> bytes);

// Why a folder with these files is no checkpoint in Hugging Face's layout. Never Ok.
Status DescribeNoCheckpoint(const std::vector<std::string>& names);

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_FILE_KIND_H_
