// The reference prompts of tests/golden/chat; all of them where GEMMA4_SHARED_DIR has them.
#ifndef GEMMA4_TESTS_TEXT_CHAT_GOLDEN_CHAT_H_
#define GEMMA4_TESTS_TEXT_CHAT_GOLDEN_CHAT_H_

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/text/chat/render_chat.h"

namespace gemma4 {

struct GoldenChat {
  std::string line;  // as it stands in the file: itself a request
  nlohmann::json fields;

  std::string name() const {
    return fields["name"].get<std::string>() + " " + fields["template"].get<std::string>();
  }
  StatusOr<ChatPrompt> Render() const {
    GEMMA4_ASSIGN_OR_RETURN(const ChatRequest request, ParseChatRequest(line));
    return RenderChat(request, request.variant.value());
  }
};

inline std::vector<GoldenChat> GoldenChats(const std::string& file) {
  std::vector<std::string> folders = {std::string(GEMMA4_TEST_DATA_DIR) + "/golden/chat/"};
#ifdef GEMMA4_SHARED_DIR
  folders.push_back(GEMMA4_SHARED_DIR "/golden/chat/");
#endif
  std::vector<GoldenChat> cases;
  for (const std::string& folder : folders) {
    std::ifstream in(folder + file, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      cases.push_back({line, nlohmann::json::parse(line)});
    }
  }
  EXPECT_FALSE(cases.empty());
  return cases;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_TEXT_CHAT_GOLDEN_CHAT_H_
