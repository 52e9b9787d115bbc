#include "tools/gemma4/token_ids.h"

#include <exception>
#include <sstream>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {

std::vector<int32_t> ParseIds(std::string text) {
  for (char& c : text) {
    if (c == ',' || c == '[' || c == ']') c = ' ';
  }
  std::vector<int32_t> ids;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    size_t end = 0;
    int id = 0;
    try {
      id = std::stoi(word, &end);
    } catch (const std::exception&) {
      end = 0;
    }
    if (end != word.size()) throw CommandError("\"" + word + "\" is not a token id");
    ids.push_back(id);
  }
  return ids;
}

}  // namespace gemma4_tool
