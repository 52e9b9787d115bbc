#include "lib/checkpoint/tokenizer/tokenizer_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <string>

#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

// ---- A writer of the few fields that matter -----------------------------------------------------

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Field(uint32_t number, const std::string& content) {
  return Varint(number << 3 | 2) + Varint(content.size()) + content;
}

std::string Field(uint32_t number, uint64_t value) { return Varint(number << 3) + Varint(value); }

std::string PieceField(const std::string& text, uint64_t type, float score = 0.0f) {
  char bits[4];
  std::memcpy(bits, &score, 4);
  return Field(1, Field(1, text) + Varint(2 << 3 | 5) + std::string(bits, 4) + Field(3, type));
}

const std::string kTrainer = Field(2, Field(3, 2));
const std::string kNormalizer = Field(3, Field(1, "identity") + Field(3, 0) + Field(4, 0));

// The same layout as the small tokenizer.json of tokenizer_json_test.cc.
std::string SmallPieces() {
  std::string model = PieceField("<pad>", 3) + PieceField("<eos>", 3) + PieceField("<bos>", 3) +
                      PieceField("<unk>", 2) + PieceField("\n", 4) + PieceField("<|tool>", 4);
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", static_cast<unsigned>(byte));
    model += PieceField(text, 6);
  }
  return model + PieceField("ab", 1, -0.0f) + PieceField("a", 1, -1.0f);
}

StatusOr<Vocabulary> Parse(const std::string& model) { return ParseTokenizerModel(BytesOf(model)); }

TEST(TokenizerModelTest, ReadsPiecesScoresAndKinds) {
  const auto parsed = Parse(SmallPieces() + kTrainer + kNormalizer);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const std::vector<Piece>& pieces = parsed->pieces;
  ASSERT_EQ(pieces.size(), 264u);
  EXPECT_EQ(pieces[263].text, "a");
  EXPECT_EQ(pieces[263].score, -1.0f);
  EXPECT_EQ(pieces[263].kind, PieceKind::kNormal);
  EXPECT_EQ(pieces[0].kind, PieceKind::kControl);
  EXPECT_EQ(pieces[3].kind, PieceKind::kUnknown);
  EXPECT_EQ(pieces[4].kind, PieceKind::kCut);
  EXPECT_EQ(pieces[5].kind, PieceKind::kControl);
  EXPECT_EQ(pieces[6].kind, PieceKind::kByte);
  EXPECT_EQ(parsed->bos_token_id, 2);
  EXPECT_EQ(parsed->unk_token_id, 3);
}

TEST(TokenizerModelTest, SkipsFieldsThatItDoesNotKnow) {
  EXPECT_TRUE(Parse(Field(4, "self test") + Field(99, 7) + Varint(98 << 3 | 1) + "12345678" +
                    SmallPieces() + kTrainer + kNormalizer)
                  .ok());
}

TEST(TokenizerModelTest, SaysWhatIsWrong) {
  const std::string rest = SmallPieces() + kTrainer + kNormalizer;
  const std::pair<std::string, const char*> refusals[] = {
      {"", "has no pieces"},
      {rest + PieceField("a", 1), "pieces 263 and 264 are both a"},
      {rest + PieceField("", 1), "piece 264 is empty"},
      {rest + PieceField("\xC3", 1), "piece 264, \\xc3, is not UTF-8"},
      {rest + PieceField("x", 9), "piece 264 has type 9; 1 to 6 is allowed"},
      {rest + PieceField("x", 6),
       "piece 264, x, is marked as a byte, but is not of the form <0x0A>"},
      {rest + PieceField("x", 1, NAN), "piece 264, x, has a score that is not finite"},
      {rest + PieceField("x", 2), "piece 264 is a second <unk>"},
      {PieceField("a", 1), "has no piece of type 2, <unk>"},
      {PieceField("<unk>", 2), "has no piece <0x00>; Gemma 4's tokenizer has one for every byte"},
      {SmallPieces() + Field(2, Field(3, 1)), "model_type is 1; 2 (BPE) is supported"},
      {SmallPieces() + Field(2, ""), "model_type is 1; 2 (BPE) is supported"},
      {SmallPieces() + Field(3, ""),
       "normalizer_spec has add_dummy_prefix; Gemma 4's only turns spaces into U+2581"},
      {SmallPieces() + Field(3, Field(2, "x")),
       "normalizer_spec has a normalization table; Gemma 4's only turns spaces into U+2581"},
      {rest + "\x0F", "holds a field of wire type 7"},
      {rest + Varint(0), "holds a field with the number 0"},
      {rest + "\x80", "ends inside a number"},
      {rest + std::string(11, '\xFF'), "holds a number of more than 64 bits"},
      {rest + "\x0A\x05xy", "a field is to have 5 bytes, but only 2 follow"},
  };
  for (const auto& [model, message] : refusals) {
    EXPECT_EQ(Parse(model).status().message(), message);
  }
}

TEST(TokenizerModelTest, GivesTheSameVocabularyAsTokenizerJson) {
  const std::string model = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/tokenizer/tokenizer.model");
  const std::string json = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/tokenizer/tokenizer.json");
  const auto from_model = Parse(model);
  ASSERT_TRUE(from_model.ok()) << from_model.status().message();
  const Vocabulary from_json = ParseTokenizerJson(BytesOf(json)).value();
  ASSERT_EQ(from_model->pieces.size(), from_json.pieces.size());
  for (size_t id = 0; id < from_json.pieces.size(); ++id) {
    EXPECT_EQ(from_model->pieces[id].text, from_json.pieces[id].text);
    EXPECT_EQ(from_model->pieces[id].kind, from_json.pieces[id].kind) << from_json.pieces[id].text;
  }
  EXPECT_EQ(from_model->bos_token_id, from_json.bos_token_id);
  EXPECT_EQ(from_model->eos_token_id, from_json.eos_token_id);
  EXPECT_EQ(from_model->pad_token_id, from_json.pad_token_id);
  EXPECT_EQ(from_model->unk_token_id, from_json.unk_token_id);

  // The numbers differ, the order in which pieces merge does not.
  std::vector<size_t> merged;
  const auto lowest =
      std::min_element(from_json.pieces.begin(), from_json.pieces.end(),
                       [](const Piece& a, const Piece& b) { return a.score < b.score; });
  for (size_t id = 0; id < from_json.pieces.size(); ++id) {
    if (from_json.pieces[id].score > lowest->score) merged.push_back(id);
  }
  std::vector<size_t> by_model = merged, by_json = merged;
  const auto sort_by = [](std::vector<size_t>& ids, const Vocabulary& vocabulary) {
    std::sort(ids.begin(), ids.end(), [&](size_t a, size_t b) {
      return vocabulary.pieces[a].score > vocabulary.pieces[b].score;
    });
  };
  sort_by(by_model, *from_model);
  sort_by(by_json, from_json);
  EXPECT_EQ(by_model, by_json);
}

}  // namespace
}  // namespace gemma4
