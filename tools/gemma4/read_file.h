// A file that an option names, whole.
#ifndef GEMMA4_TOOLS_GEMMA4_READ_FILE_H_
#define GEMMA4_TOOLS_GEMMA4_READ_FILE_H_

#include <string>

namespace gemma4_tool {

// CommandError if it cannot be read, or holds a NUL, which no text does.
std::string ReadTextFile(const std::string& path);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_READ_FILE_H_
