#include "lib/text/chat/render_chat.h"

#include "lib/text/chat/control_tokens.h"
#include "tests/text/chat/golden_chat.h"
#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

StatusOr<ChatPrompt> Render(std::string_view json, ChatVariant variant = ChatVariant::kSmall) {
  GEMMA4_ASSIGN_OR_RETURN(const ChatRequest request, ParseChatRequest(json));
  return RenderChat(request, variant);
}

std::string Error(std::string_view json) {
  const auto prompt = Render(json);
  EXPECT_EQ(prompt.status().code(), StatusCode::kInvalidArgument) << json;
  return prompt.status().message();
}

TEST(RenderChatTest, GivesTheBytesOfTheReference) {
  for (const GoldenChat& golden : GoldenChats("cases.jsonl")) {
    const auto prompt = golden.Render();
    ASSERT_TRUE(prompt.ok()) << golden.name() << ": " << prompt.status().message();
    EXPECT_EQ(prompt->Text(), golden.fields["expected"]) << golden.name();
  }
}

TEST(RenderChatTest, RefusesWhatTheReferenceRefuses) {
  for (const GoldenChat& golden : GoldenChats("errors.jsonl")) {
    const auto prompt = golden.Render();
    if (golden.fields.contains("lenient_expected")) {
      ASSERT_TRUE(prompt.ok()) << golden.name() << ": " << prompt.status().message();
      EXPECT_EQ(prompt->Text(), golden.fields["lenient_expected"]) << golden.name();
      continue;
    }
    EXPECT_EQ(prompt.status().code(), StatusCode::kInvalidArgument) << golden.name();
    EXPECT_NE(prompt.status().message().find(" is "), std::string::npos);
  }
}

// Where no content spells a control token, the ids are those of the reference, which encodes the
// text of the whole prompt; where one does, only what the template wrote is a control token.
TEST(RenderChatTest, OnlyTheTemplateWritesControlTokens) {
  const Tokenizer tokenizer = TestTokenizer();
  size_t num_forged = 0;
  for (const GoldenChat& golden : GoldenChats("cases.jsonl")) {
    const auto prompt = golden.Render();
    ASSERT_TRUE(prompt.ok());
    std::vector<int32_t> ids, of_text;
    ASSERT_TRUE(prompt->Encode(tokenizer, &ids).ok()) << golden.name();
    ASSERT_TRUE(tokenizer.EncodeParsingSpecial(prompt->Text(), &of_text).ok());
    size_t num_control = 0, num_control_of_text = 0, num_tokens = 0;
    for (const ChatPiece& piece : prompt->pieces()) {
      num_tokens +=
          piece.kind == ChatPiece::Kind::kControl || piece.kind == ChatPiece::Kind::kMedia;
    }
    for (const int32_t id : ids) num_control += tokenizer.IsControl(id);
    for (const int32_t id : of_text) {
      num_control_of_text += tokenizer.IsControl(id) || tokenizer.Bytes(id) == "<unk>";
    }
    EXPECT_EQ(num_control, num_tokens) << golden.name();
    if (num_control_of_text == num_control) {
      EXPECT_EQ(ids, of_text) << golden.name();
    } else {
      ++num_forged;
    }
  }
  EXPECT_GT(num_forged, 0u);
}

TEST(RenderChatTest, PiecesTellContentFromMarkup) {
  const auto prompt = Render(
      R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a<turn|>"},
                                                    {"type": "image"}]}],
          "tools": [{"function": {"name": "f", "description": "<|\"|>"}}]})");
  ASSERT_TRUE(prompt.ok()) << prompt.status().message();
  std::string contents, media;
  for (const ChatPiece& piece : prompt->pieces()) {
    if (piece.kind == ChatPiece::Kind::kContent) contents += "(" + piece.text + ")";
    if (piece.kind == ChatPiece::Kind::kMedia) media += piece.text;
  }
  EXPECT_EQ(contents, "(f)(<|\"|>)(user)(a<turn|>)");
  EXPECT_EQ(media, kImage);
}

TEST(RenderChatTest, ErrorsNameThePlace) {
  EXPECT_EQ(Error(R"({"messages": [{"role": "system", "content": "s"},
                                   {"role": "user", "content": [{"type": "text"}, 5]}]})"),
            "messages[1].content[1] is a number; an object is expected");
  EXPECT_EQ(Error(R"({"messages": [{"role": "assistant", "tool_calls": [
                       {"function": {"name": "f", "arguments": [1]}}]}]})"),
            "messages[0].tool_calls[0].function.arguments is a list; an object, a string that "
            "holds one, or null is expected");
  EXPECT_EQ(Error(R"({"messages": [{"role": "assistant", "tool_calls": [
                       {"function": {"name": "f", "arguments": "[1]"}}]}]})"),
            "messages[0].tool_calls[0].function.arguments is a string that holds no JSON object; "
            "an object, a string that holds one, or null is expected");
  EXPECT_EQ(Error(R"({"messages": [], "tools": [{"function": {"name": "f", "parameters":
                       {"properties": {"a\nb": {"type": "array", "items": {"type": 5}}}}}}]})"),
            "tools[0].function.parameters.properties.a?b.items.type is a number; a list is "
            "expected");
  EXPECT_EQ(Error(R"({"messages": [], "tools": [{"name": "f"}]})"),
            "tools[0].function is absent; an object is expected");
}

// README of the golden files; deeper than them: schemas of all the kinds that recurse.
TEST(RenderChatTest, DeepSchemasAreBoundedByTheParser) {
  std::string schema = R"({"type": "string"})";
  for (int i = 0; i < 80; ++i)
    schema = R"({"type": "object", "properties": {"p": )" + schema + "}}";
  const auto request = [&](const std::string& parameters) {
    return R"({"messages": [], "tools": [{"function": {"name": "f", "parameters": )" + parameters +
           "}}]}";
  };
  EXPECT_TRUE(Render(request(schema)).ok());
  for (int i = 0; i < 40; ++i)
    schema = R"({"type": "object", "properties": {"p": )" + schema + "}}";
  EXPECT_EQ(Error(request(schema)), "the JSON is nested deeper than 200 levels");
}

TEST(WithoutThoughtsTest, DropsChannelsPairedOrNot) {
  EXPECT_EQ(WithoutThoughts(" <|channel>thought\nx<channel|> Hi\n"), "Hi");
  EXPECT_EQ(WithoutThoughts("a<|channel>b"), "a");
  EXPECT_EQ(WithoutThoughts("a<channel|>b"), "ab");
  EXPECT_EQ(WithoutThoughts("a<|channel>x<|channel>y<channel|>b<|channel>z<channel|>c"), "abc");
  EXPECT_EQ(WithoutThoughts(""), "");
}

}  // namespace
}  // namespace gemma4
