#include "lib/text/stream_decoder.h"

#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

TEST(StreamDecoderTest, EveryReferenceComesOutTokenByToken) {
  const Tokenizer tokenizer = TestTokenizer();
  for (const nlohmann::json& reference : TokenizerCases("stream.jsonl")) {
    StreamDecoder decoder;
    std::vector<std::string> chunks;
    for (int32_t id : reference["ids"]) {
      chunks.emplace_back();
      decoder.Feed(tokenizer.Bytes(id), &chunks.back());
    }
    std::string tail;
    decoder.Finish(&tail);
    EXPECT_EQ(chunks, reference["chunks"].get<std::vector<std::string>>()) << reference;
    EXPECT_EQ(tail, reference["tail"].get<std::string>()) << reference;
  }
}

TEST(StreamDecoderTest, AnEmojiComesOutWithItsLastByte) {
  StreamDecoder decoder;
  std::string text;
  for (const char* byte : {"\xF0", "\x9F", "\x98"}) decoder.Feed(byte, &text);
  EXPECT_EQ(text, "");
  decoder.Feed("\x8A", &text);
  EXPECT_EQ(text, "\xF0\x9F\x98\x8A");
}

}  // namespace
}  // namespace gemma4
