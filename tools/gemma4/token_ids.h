// Token ids as people write them.
#ifndef GEMMA4_TOOLS_GEMMA4_TOKEN_IDS_H_
#define GEMMA4_TOOLS_GEMMA4_TOKEN_IDS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace gemma4_tool {

// Separated by spaces, commas or newlines, perhaps in brackets: "2,17" or "[2, 17]". CommandError
// names what is no number.
std::vector<int32_t> ParseIds(std::string text);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_TOKEN_IDS_H_
