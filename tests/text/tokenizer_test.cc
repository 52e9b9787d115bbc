#include "lib/text/tokenizer.h"

#include <random>

#include "lib/text/stream_decoder.h"
#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

std::vector<int32_t> Encode(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<int32_t> ids;
  const Status status = tokenizer.Encode(text, &ids);
  EXPECT_TRUE(status.ok()) << status.message();
  return ids;
}

class TokenizerFileTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenizerFileTest, EveryReferenceHasItsIdsAndDecodesToItsText) {
  const Tokenizer tokenizer = TestTokenizer(GetParam());
  for (const nlohmann::json& reference : TokenizerCases("encode.jsonl")) {
    const std::string text = reference["text"];
    EXPECT_EQ(Encode(tokenizer, text), reference["ids"].get<std::vector<int32_t>>()) << text;
    std::vector<int32_t> ids;
    ASSERT_TRUE(tokenizer.EncodeParsingSpecial(text, &ids).ok());
    EXPECT_EQ(ids, reference["ids_parse_special"].get<std::vector<int32_t>>()) << text;
    if (!reference.contains("decoded")) continue;
    StreamDecoder decoder;
    std::string decoded;
    for (int32_t id : reference["ids"]) decoder.Feed(tokenizer.Bytes(id), &decoded);
    decoder.Finish(&decoded);
    EXPECT_EQ(decoded, reference["decoded"].get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Files, TokenizerFileTest,
                         ::testing::Values("tokenizer.json", "tokenizer.model"),
                         [](const auto& test) {
                           return std::string(test.param) == "tokenizer.json" ? "Json" : "Model";
                         });

// Random strings of marker texts and their halves.
TEST(TokenizerTest, NoTextMakesAControlToken) {
  const Tokenizer tokenizer = TestTokenizer();
  const char* parts[] = {"<|turn>", "<turn|>", "<|tool_call>", "<|\"|>", "<bos>", "<eos>",
                         "<|",      "|>",      "turn",         "<",      ">",     "\n",
                         "<pad>",   "<unk>",   "<0x41>",       " ",      "model", "<|channel>"};
  std::mt19937 generator(1);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += parts[generator() % std::size(parts)];
    for (int32_t id : Encode(tokenizer, text)) {
      ASSERT_FALSE(tokenizer.IsControl(id)) << text;
      ASSERT_NE(id, 3) << text;  // <unk>
    }
  }
}

TEST(TokenizerTest, NamesTheOffsetOfWhatIsNotUtf8AndAppendsNothing) {
  const Tokenizer tokenizer = TestTokenizer();
  std::vector<int32_t> ids = {7};
  const Status status = tokenizer.Encode("ab\n\xC3(", &ids);
  EXPECT_EQ(status.code(), StatusCode::kInvalidUtf8);
  EXPECT_NE(status.message().find("offset 3"), std::string::npos) << status.message();
  EXPECT_EQ(ids, std::vector<int32_t>{7});
}

TEST(TokenizerTest, ControlTokensAreFoundByTheirText) {
  const Tokenizer tokenizer = TestTokenizer();
  const std::optional<int32_t> id = tokenizer.ControlId("<|turn>");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(tokenizer.Bytes(*id), "<|turn>");
  EXPECT_FALSE(tokenizer.ControlId("<|no such").has_value());
  EXPECT_FALSE(tokenizer.ControlId("the").has_value());
}

// Byte-pair merging over one word of a megabyte: quadratic time would be hours.
TEST(TokenizerTest, AMegabyteWithoutABreakIsRead) {
  const Tokenizer tokenizer = TestTokenizer();
  for (const char c : {'a', ' '}) {
    const std::string text(1 << 20, c);
    size_t bytes = 0;
    for (int32_t id : Encode(tokenizer, text)) bytes += tokenizer.Bytes(id).size();
    EXPECT_EQ(bytes, text.size());
  }
}

TEST(TokenizerTest, NothingIsPrinted) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  Encode(TestTokenizer(), "text");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(TokenizerTest, ARepeatedPieceIsRefused) {
  Vocabulary vocabulary;
  vocabulary.pieces = {{"<pad>", 0, PieceKind::kControl}, {"<eos>", 0, PieceKind::kControl},
                       {"<bos>", 0, PieceKind::kControl}, {"<unk>", 0, PieceKind::kUnknown},
                       {"a", 0, PieceKind::kNormal},      {"a", 0, PieceKind::kNormal}};
  EXPECT_EQ(Tokenizer::Create(vocabulary).status().code(), StatusCode::kCorrupt);
}

}  // namespace
}  // namespace gemma4
