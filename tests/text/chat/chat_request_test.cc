#include "lib/text/chat/chat_request.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

std::string Error(std::string_view json) {
  const auto request = ParseChatRequest(json);
  EXPECT_EQ(request.status().code(), StatusCode::kInvalidArgument) << json;
  return request.status().message();
}

TEST(ChatRequestTest, ReadsFlagsAndTemplate) {
  const auto request = ParseChatRequest(
      R"({"messages": [{"role": "user"}], "tools": [{}], "enable_thinking": true,
          "add_generation_prompt": true, "preserve_thinking": null, "template": "large",
          "temperature": 1})");
  ASSERT_TRUE(request.ok()) << request.status().message();
  EXPECT_EQ(request->messages.items.size(), 1u);
  EXPECT_EQ(request->tools.items.size(), 1u);
  EXPECT_TRUE(request->enable_thinking);
  EXPECT_TRUE(request->add_generation_prompt);
  EXPECT_FALSE(request->preserve_thinking);
  EXPECT_EQ(request->variant, ChatVariant::kLarge);
  const auto own = ParseChatRequest(R"({"messages": [], "template": "auto"})");
  EXPECT_EQ(own->variant, std::nullopt);
}

TEST(ChatRequestTest, NamesWhatIsWrong) {
  EXPECT_EQ(Error("[]"), "the request is a list; an object is expected");
  EXPECT_EQ(Error("{}"), "messages is absent; a list is expected");
  EXPECT_EQ(Error(R"({"messages": {}})"), "messages is an object; a list is expected");
  EXPECT_EQ(Error(R"({"messages": ["hi"]})"), "messages[0] is a string; an object is expected");
  EXPECT_EQ(Error(R"({"messages": [{"role": "user"}, {}]})"),
            "messages[1].role is absent; a string is expected");
  EXPECT_EQ(Error(R"({"messages": [{"role": 1}]})"),
            "messages[0].role is a number; a string is expected");
  EXPECT_EQ(Error(R"({"messages": [], "tools": {}})"), "tools is an object; a list is expected");
  EXPECT_EQ(Error(R"({"messages": [], "enable_thinking": "yes"})"),
            "enable_thinking is a string; true or false is expected");
  EXPECT_EQ(Error(R"({"messages": [], "template": "medium"})"),
            "template is another string; \"small\", \"large\" or \"auto\" is expected");
  EXPECT_NE(Error(R"({"messages": [)").find("not valid JSON at byte 15"), std::string::npos);
}

}  // namespace
}  // namespace gemma4
