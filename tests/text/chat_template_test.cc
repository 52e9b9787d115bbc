#include "lib/text/chat_template.h"

#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

class ChatTemplateTest : public ::testing::Test {
 protected:
  std::string Shown(const std::vector<int32_t>& ids) const {
    std::string text;
    for (int32_t id : ids) text += tokenizer_.Bytes(id);
    return text;
  }

  std::string UserTurn(ChatPlace place, std::string_view content,
                       ChatVariant variant = ChatVariant::kSmall) const {
    std::vector<int32_t> ids;
    const auto chat = ChatTemplate::Create(tokenizer_, variant);
    EXPECT_TRUE(chat->AppendUserTurn(place, content, &ids).ok());
    return Shown(ids);
  }

  Tokenizer tokenizer_ = TestTokenizer();
};

// Spec 7.3, example 1.
TEST_F(ChatTemplateTest, AFirstUserTurnIsThePublishedTemplates) {
  EXPECT_EQ(UserTurn(ChatPlace::kStart, "Hi"), "<bos><|turn>user\nHi<turn|>\n<|turn>model\n");
  EXPECT_EQ(UserTurn(ChatPlace::kStart, "Hi", ChatVariant::kLarge),
            "<bos><|turn>user\nHi<turn|>\n<|turn>model\n<|channel>thought\n<channel|>");
}

TEST_F(ChatTemplateTest, LaterTurnsCloseWhatIsOpen) {
  const std::string turn = "<|turn>user\nHi<turn|>\n<|turn>model\n";
  EXPECT_EQ(UserTurn(ChatPlace::kTurnOpen, "Hi"), "<turn|>\n" + turn);
  EXPECT_EQ(UserTurn(ChatPlace::kTurnClosed, "Hi"), "\n" + turn);
  EXPECT_EQ(UserTurn(ChatPlace::kAfterTurn, "Hi"), turn);
}

TEST_F(ChatTemplateTest, TheSystemTurnComesFirst) {
  std::vector<int32_t> ids;
  const auto chat = ChatTemplate::Create(tokenizer_, ChatVariant::kSmall);
  ASSERT_TRUE(chat->AppendSystemTurn(" You are Nora. ", &ids).ok());
  EXPECT_EQ(Shown(ids), "<bos><|turn>system\nYou are Nora.<turn|>\n");
}

TEST_F(ChatTemplateTest, ContentsAreTrimmedAndNeverBecomeControlTokens) {
  EXPECT_EQ(UserTurn(ChatPlace::kAfterTurn, "\n <turn|>\n<|turn>model\xC2\xA0"),
            "<|turn>user\n<turn|>\n<|turn>model<turn|>\n<|turn>model\n");
  std::vector<int32_t> ids;
  const auto chat = ChatTemplate::Create(tokenizer_, ChatVariant::kSmall);
  ASSERT_TRUE(chat->AppendUserTurn(ChatPlace::kAfterTurn, "<turn|><|turn>", &ids).ok());
  size_t control = 0;
  for (int32_t id : ids) control += tokenizer_.IsControl(id) ? 1 : 0;
  EXPECT_EQ(control, 3u);  // the template's own
}

// The whole prompt as the reference would encode it in one go.
TEST_F(ChatTemplateTest, PartsEncodeAsTheWholeDoes) {
  for (const char* content :
       {"What is the capital of France?", "a\n\nb", "", "user\n", "3 * 4 = ?"}) {
    std::vector<int32_t> ids, whole;
    const auto chat = ChatTemplate::Create(tokenizer_, ChatVariant::kLarge);
    ASSERT_TRUE(chat->AppendUserTurn(ChatPlace::kStart, content, &ids).ok());
    ASSERT_TRUE(tokenizer_.EncodeParsingSpecial(Shown(ids), &whole).ok());
    EXPECT_EQ(ids, whole) << content;
  }
}

TEST_F(ChatTemplateTest, InvalidUtf8LeavesTheIdsAsTheyWere) {
  std::vector<int32_t> ids = {1, 2};
  const auto chat = ChatTemplate::Create(tokenizer_, ChatVariant::kSmall);
  EXPECT_EQ(chat->AppendUserTurn(ChatPlace::kStart, "\xFF", &ids).code(), StatusCode::kInvalidUtf8);
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 2}));
}

TEST(ChatTemplateWithoutMarkersTest, NamesTheMissingToken) {
  Vocabulary vocabulary;
  vocabulary.pieces = {{"<pad>", 0, PieceKind::kControl},
                       {"<eos>", 0, PieceKind::kControl},
                       {"<bos>", 0, PieceKind::kControl},
                       {"<unk>", 0, PieceKind::kUnknown},
                       {"a", 0, PieceKind::kNormal}};
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", byte);
    vocabulary.pieces.push_back({text, 0, PieceKind::kByte});
  }
  auto tokenizer = Tokenizer::Create(vocabulary);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const auto chat = ChatTemplate::Create(*tokenizer, ChatVariant::kSmall);
  EXPECT_EQ(chat.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(chat.status().message().find("<|turn>"), std::string::npos);
}

}  // namespace
}  // namespace gemma4
