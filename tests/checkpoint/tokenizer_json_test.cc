#include "lib/checkpoint/tokenizer/tokenizer_json.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/checkpoint/tokenizer/vocabulary_rules.h"
#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

using Json = nlohmann::ordered_json;

Json AddedToken(int id, const std::string& content, bool special) {
  return {{"id", id}, {"content", content}, {"special", special}};
}

// 4 named pieces, "\n", a tool marker, 256 bytes (ids 6 ... 261), "a", "b", "c", "ab", "abc".
Json SmallTokenizer() {
  Json vocab;
  int id = 0;
  for (const char* piece : {"<pad>", "<eos>", "<bos>", "<unk>", "\n", "<|tool>"}) {
    vocab[piece] = id++;
  }
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", static_cast<unsigned>(byte));
    vocab[text] = id++;
  }
  for (const char* piece : {"a", "b", "c", "ab", "abc"}) vocab[piece] = id++;
  return {{"added_tokens",
           {AddedToken(0, "<pad>", true), AddedToken(3, "<unk>", true), AddedToken(4, "\n", false),
            AddedToken(5, "<|tool>", false)}},
          {"normalizer", {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"byte_fallback", true},
            {"vocab", vocab},
            {"merges", Json::parse(R"([["a", "b"], ["a", "b"], ["ab", "c"]])")}}}};
}

StatusOr<Vocabulary> Parse(const Json& document) {
  const std::string text = document.dump();
  return ParseTokenizerJson(BytesOf(text));
}

// Pieces 262 ... 266 are "a", "b", "c", "ab", "abc".
Json SmallTokenizerWithMerges(const char* merges) {
  Json document = SmallTokenizer();
  document["model"]["merges"] = Json::parse(merges);
  return document;
}

TEST(TokenizerJsonTest, ScoresAPieceByItsFirstMerge) {
  const Vocabulary vocabulary =
      Parse(SmallTokenizerWithMerges(R"([["a", "b"], ["ab", "c"], ["a", "b"], ["ab", "c"]])"))
          .value();
  ASSERT_EQ(vocabulary.pieces.size(), 267u);
  EXPECT_EQ(vocabulary.pieces[265].text, "ab");
  EXPECT_EQ(vocabulary.pieces[265].score, 0.0f);
  EXPECT_EQ(vocabulary.pieces[266].score, -1.0f);
  for (size_t id : {0u, 4u, 100u, 262u, 264u}) EXPECT_LT(vocabulary.pieces[id].score, -4.0f) << id;
}

TEST(TokenizerJsonTest, TakesMergesAsStringsToo) {
  const Vocabulary lists = Parse(SmallTokenizerWithMerges(R"([["ab", "c"], ["a", "b"]])")).value();
  const Vocabulary strings = Parse(SmallTokenizerWithMerges(R"(["ab c", "a b"])")).value();
  EXPECT_EQ(lists.pieces[266].score, 0.0f);
  EXPECT_EQ(lists.pieces[265].score, -1.0f);
  for (size_t id = 0; id < lists.pieces.size(); ++id) {
    EXPECT_EQ(lists.pieces[id].score, strings.pieces[id].score);
  }
}

TEST(TokenizerJsonTest, TheOrderOfKeysDoesNotMatter) {
  Json document = SmallTokenizerWithMerges(R"([["ab", "c"], ["a", "b"]])");
  Json model = {{"merges", document["model"]["merges"]}};
  for (const auto& [key, value] : document["model"].items()) model[key] = value;
  const Json reordered = {{"model", model}, {"added_tokens", document["added_tokens"]}};
  const Vocabulary expected = Parse(document).value();
  const Vocabulary vocabulary = Parse(reordered).value();
  ASSERT_EQ(vocabulary.pieces.size(), expected.pieces.size());
  for (size_t id = 0; id < expected.pieces.size(); ++id) {
    EXPECT_EQ(vocabulary.pieces[id].text, expected.pieces[id].text);
    EXPECT_EQ(vocabulary.pieces[id].score, expected.pieces[id].score);
    EXPECT_EQ(vocabulary.pieces[id].kind, expected.pieces[id].kind);
  }
}

TEST(TokenizerJsonTest, PiecesStandWhereTheirIdsSay) {
  Json document = SmallTokenizer();
  document["model"]["vocab"]["a"] = 266;
  document["model"]["vocab"]["abc"] = 262;
  const Vocabulary vocabulary = Parse(document).value();
  EXPECT_EQ(vocabulary.pieces[266].text, "a");
  EXPECT_EQ(vocabulary.pieces[262].text, "abc");
  EXPECT_EQ(vocabulary.pieces[262].score, -2.0f);
}

TEST(TokenizerJsonTest, KindsFollowTheTextAndTheFlag) {
  EXPECT_EQ(KindOfSetApartPiece("\n", false), PieceKind::kCut);
  EXPECT_EQ(KindOfSetApartPiece("\n\n\n", false), PieceKind::kCut);
  EXPECT_EQ(KindOfSetApartPiece("<|tool_call>", false), PieceKind::kControl);
  EXPECT_EQ(KindOfSetApartPiece("<tool_call|>", false), PieceKind::kControl);
  EXPECT_EQ(KindOfSetApartPiece("<|\"|>", false), PieceKind::kControl);
  EXPECT_EQ(KindOfSetApartPiece("<mask>", true), PieceKind::kControl);
  EXPECT_EQ(KindOfSetApartPiece("</s>", false), PieceKind::kNormal);
  EXPECT_EQ(KindOfSetApartPiece("<unused7>", false), PieceKind::kNormal);
  EXPECT_EQ(KindOfSetApartPiece("▁▁", false), PieceKind::kNormal);
  EXPECT_EQ(KindOfSetApartPiece("<|>", false), PieceKind::kNormal);

  const Vocabulary vocabulary = Parse(SmallTokenizer()).value();
  EXPECT_EQ(vocabulary.pieces[0].kind, PieceKind::kControl);
  EXPECT_EQ(vocabulary.pieces[1].kind, PieceKind::kControl);  // <eos>, though not an added token
  EXPECT_EQ(vocabulary.pieces[3].kind, PieceKind::kUnknown);
  EXPECT_EQ(vocabulary.pieces[4].kind, PieceKind::kCut);
  EXPECT_EQ(vocabulary.pieces[5].kind, PieceKind::kControl);
  EXPECT_EQ(vocabulary.pieces[6].kind, PieceKind::kByte);
  EXPECT_EQ(vocabulary.pieces[261].kind, PieceKind::kByte);
  EXPECT_EQ(vocabulary.pieces[262].kind, PieceKind::kNormal);
  EXPECT_EQ(vocabulary.bos_token_id, 2);
  EXPECT_EQ(vocabulary.eos_token_id, 1);
  EXPECT_EQ(vocabulary.pad_token_id, 0);
  EXPECT_EQ(vocabulary.unk_token_id, 3);
}

TEST(TokenizerJsonTest, ReadsBytePieces) {
  EXPECT_EQ(ParseBytePiece("<0x00>"), 0);
  EXPECT_EQ(ParseBytePiece("<0x0A>"), 10);
  EXPECT_EQ(ParseBytePiece("<0xFF>"), 255);
  for (const char* text : {"<0xff>", "<0xF>", "<0xFFF>", "<0xGG>", "0xFF", "<0xFF", ""}) {
    EXPECT_FALSE(ParseBytePiece(text).has_value()) << text;
  }
}

TEST(TokenizerJsonTest, AddedTokensMayFollowTheVocabulary) {
  Json document = SmallTokenizer();
  document["added_tokens"].push_back(AddedToken(268, "<|x>", false));
  document["added_tokens"].push_back(AddedToken(267, "</s>", false));
  const Vocabulary vocabulary = Parse(document).value();
  ASSERT_EQ(vocabulary.pieces.size(), 269u);
  EXPECT_EQ(vocabulary.pieces[267].text, "</s>");
  EXPECT_EQ(vocabulary.pieces[268].kind, PieceKind::kControl);
}

struct Refusal {
  void (*change)(Json&);
  const char* message;
};

TEST(TokenizerJsonTest, SaysWhatIsWrong) {
  const Refusal refusals[] = {
      {[](Json& d) { d["model"]["vocab"]["x"] = 300; },
       "model.vocab: piece x has id 300, but there are 268 pieces"},
      {[](Json& d) { d["model"]["vocab"]["abc"] = 265; },
       "model.vocab: pieces abc and ab both have id 265"},
      {[](Json& d) { d["model"]["vocab"]["abc"] = -1; },
       "model.vocab: the id of piece abc is not a whole number below 400000"},
      {[](Json& d) { d["model"]["vocab"]["abc"] = "x"; },
       "model.vocab: the id of piece abc is not a whole number below 400000"},
      {[](Json& d) {
         d["model"]["merges"].push_back(Json::array({"c", "c"}));
       },
       "model.merges[3] makes cc, which is not in model.vocab"},
      {[](Json& d) { d["model"]["merges"].push_back("abc"); },
       "model.merges[3], abc, has no space between two pieces"},
      {[](Json& d) {
         d["model"]["merges"].push_back(Json::array({"a", "b", "c"}));
       },
       "model.merges[3] has 3 parts; 2 are expected"},
      {[](Json& d) { d["model"]["merges"].push_back(Json::array({"ab"})); },
       "model.merges[3] has 1 parts; 2 are expected"},
      {[](Json& d) { d["model"]["merges"].push_back(5); },
       "model.merges[3] is neither \"a b\" nor [\"a\", \"b\"]"},
      {[](Json& d) { d["model"].erase("merges"); }, "model.merges is missing"},
      {[](Json& d) { d["model"].erase("vocab"); }, "model.vocab is missing"},
      {[](Json& d) { d["model"]["type"] = "Unigram"; },
       "model.type is \"Unigram\"; \"BPE\" is supported"},
      {[](Json& d) { d["model"]["byte_fallback"] = false; },
       "model.byte_fallback is not true; Gemma 4's tokenizer has it"},
      {[](Json& d) { d["model"]["ignore_merges"] = true; },
       "model.ignore_merges is true; Gemma 4's tokenizer merges"},
      {[](Json& d) {
         d["normalizer"] = {{"type", "NFKC"}};
       },
       "normalizer is of type \"NFKC\"; Gemma 4's is \"Replace\""},
      {[](Json& d) { d["added_tokens"].push_back(AddedToken(262, "b", false)); },
       "added_tokens has b at id 262, where model.vocab has a"},
      {[](Json& d) { d["added_tokens"].push_back(AddedToken(500, "x", false)); },
       "added_tokens gives x the id 500, but there are 267 pieces"},
      {[](Json& d) {
         d["added_tokens"].push_back({{"id", 262}});
       },
       "added_tokens has an entry without an id or without content"},
      {[](Json& d) {
         d["added_tokens"].push_back({{"id", "262"}});
       },
       "added_tokens[4].id has a value of the wrong type"},
      {[](Json& d) {
         Json vocab;
         for (const auto& [key, id] : d["model"]["vocab"].items()) {
           vocab[key == "<0x41>" ? "<0x4!>" : key] = id;
         }
         d["model"]["vocab"] = vocab;
       },
       "has no piece <0x41>; Gemma 4's tokenizer has one for every byte"},
      {[](Json& d) { d["model"]["unk_token"] = "<unknown>"; }, "has no piece <unknown>"},
  };
  for (const Refusal& refusal : refusals) {
    Json document = SmallTokenizer();
    refusal.change(document);
    EXPECT_EQ(Parse(document).status().message(), refusal.message);
  }
  EXPECT_EQ(ParseTokenizerJson(BytesOf("[]")).status().message(),
            "is a list; an object is expected");
}

TEST(TokenizerJsonTest, RefusesAPieceThatIsThereTwice) {
  const std::string text = Replaced(SmallTokenizer().dump(), "\"abc\":266", "\"ab\":266");
  EXPECT_EQ(ParseTokenizerJson(BytesOf(text)).status().message(),
            "model.vocab: piece ab is there twice");
}

// The kinds and names the demo tokenizer was made with.
TEST(TokenizerJsonTest, ReadsTheDemoTokenizer) {
  const std::string text = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/tokenizer/tokenizer.json");
  const auto parsed = ParseTokenizerJson(BytesOf(text));
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const std::vector<Piece>& pieces = parsed->pieces;
  ASSERT_EQ(pieces.size(), 2048u);
  for (size_t id = 0; id < pieces.size(); ++id) {
    const PieceKind expected = id == 3    ? PieceKind::kUnknown
                               : id < 24  ? PieceKind::kControl
                               : id < 26  ? PieceKind::kCut
                               : id < 282 ? PieceKind::kByte
                                          : PieceKind::kNormal;
    EXPECT_EQ(pieces[id].kind, expected) << id << " " << pieces[id].text;
  }
  EXPECT_EQ(pieces[19].text, "<|tool_response>");
  EXPECT_EQ(pieces[282].text, "er");
  EXPECT_EQ(pieces[282].score, 0.0f);
  EXPECT_EQ(pieces[285].text, "▁a");
  EXPECT_EQ(pieces[285].score, -3.0f);
}

}  // namespace
}  // namespace gemma4
