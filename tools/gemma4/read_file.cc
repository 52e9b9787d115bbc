#include "tools/gemma4/read_file.h"

#include <fstream>
#include <iterator>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {

std::string ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (!file) throw CommandError("cannot read " + path);
  if (content.find('\0') != std::string::npos) throw CommandError(path + ": it is no text");
  return content;
}

}  // namespace gemma4_tool
