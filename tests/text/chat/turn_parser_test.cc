#include "lib/text/chat/turn_parser.h"

#include <gtest/gtest.h>

#include <optional>

#include "lib/text/chat/control_tokens.h"
#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

// Every piece as (text), [thought], {name arguments} or !malformed!, where neighbours of one kind
// are one.
std::string Shown(std::span<const TurnPiece> pieces, std::string shown = "") {
  for (const TurnPiece& piece : pieces) {
    const std::string ends = piece.is_malformed                        ? "!!"
                             : piece.kind == TurnPiece::Kind::kText    ? "()"
                             : piece.kind == TurnPiece::Kind::kThought ? "[]"
                                                                       : "{}";
    const std::string text =
        piece.kind == TurnPiece::Kind::kToolCall ? piece.name + " " + piece.text : piece.text;
    if (ends[1] != '}' && ends[1] != '!' && shown.ends_with(ends[1])) {
      shown.pop_back();
      shown += text + ends[1];
    } else {
      shown += ends[0] + text + ends[1];
    }
  }
  return shown;
}

class TurnParserTest : public ::testing::Test {
 protected:
  std::string Fed(TurnParser& parser, std::string_view text) {
    std::vector<int32_t> ids;
    EXPECT_TRUE(tokenizer_.EncodeParsingSpecial(text, &ids).ok());
    std::string shown;
    for (const int32_t id : ids) shown = Shown(parser.Feed(id, tokenizer_.Bytes(id)), shown);
    return shown;
  }
  // A whole turn; control tokens as their names.
  std::string Turn(std::string_view text, TurnStart start = TurnStart::kText) {
    TurnParser parser(tokens_, start);
    const std::string shown = Fed(parser, text);
    return Shown(parser.Finish(), shown);
  }

  Tokenizer tokenizer_ = TestTokenizer();
  TurnTokens tokens_ = TurnTokens::Of(tokenizer_);
};

TEST_F(TurnParserTest, TellsTextThoughtsAndCallsApart) {
  EXPECT_EQ(Turn("Hello\n\nyou<turn|>"), "(Hello\n\nyou)");
  EXPECT_EQ(Turn("<|channel>thought\nHm.\nYes.<channel|>\n\nHello<turn|>"), "[Hm.\nYes.](Hello)");
  EXPECT_EQ(Turn("<|tool_call>call:f{a:<|\"|>x}<|\"|>,b:1}<tool_call|><|tool_response>"),
            "{f {\"a\":\"x}\",\"b\":1}}");
  EXPECT_EQ(Turn("<|channel>thought\nt<channel|><|tool_call>call:f{}<tool_call|>"
                 "<|tool_call>call:g{}<tool_call|><|tool_response>"),
            "[t]{f {}}{g {}}");
  EXPECT_EQ(Turn(""), "");
}

TEST_F(TurnParserTest, TextAndThoughtsStreamAtOnce) {
  TurnParser parser(tokens_);
  EXPECT_EQ(Shown(parser.Feed(-1, "Hel")), "(Hel)");
  EXPECT_EQ(Shown(parser.Feed(-1, "lo \xC3")), "(lo )");
  EXPECT_EQ(Shown(parser.Feed(-1, "\xA9")), "(\xC3\xA9)");
  EXPECT_EQ(Shown(parser.Feed(-1, "\xF0\x9F")), "");
  EXPECT_EQ(Shown(parser.Feed(*tokenizer_.ControlId(kBeginChannel), "")), "(\xEF\xBF\xBD)");
  EXPECT_TRUE(parser.in_thought());
  EXPECT_EQ(Shown(parser.Feed(-1, "thou")), "");
  EXPECT_EQ(Shown(parser.Feed(-1, "ght\nI th")), "[I th]");
  EXPECT_EQ(Shown(parser.Feed(-1, "ink")), "[ink]");
  EXPECT_TRUE(parser.in_thought());
  EXPECT_EQ(Shown(parser.Feed(*tokenizer_.ControlId(kEndChannel), "")), "");
  EXPECT_FALSE(parser.in_thought());
  EXPECT_EQ(Shown(parser.Feed(-1, "\n\nc")), "");  // call:NAME{ might follow
  EXPECT_EQ(Shown(parser.Feed(-1, "at")), "(cat)");
}

TEST_F(TurnParserTest, MayStartInAThoughtOrBehindOne) {
  EXPECT_EQ(Turn("Hm.<channel|>\nYes", TurnStart::kInThought), "[Hm.](Yes)");
  EXPECT_TRUE(TurnParser(tokens_, TurnStart::kInThought).in_thought());
  EXPECT_EQ(Turn("\nYes", TurnStart::kAfterThought), "(Yes)");
  EXPECT_EQ(Turn("\nYes", TurnStart::kText), "(\nYes)");
  EXPECT_EQ(Turn("call:f{}", TurnStart::kAfterThought), "{f {}}");
}

TEST_F(TurnParserTest, ReadsCallsWithoutAnOpenerBehindAThought) {
  EXPECT_EQ(Turn("<|channel>thought\nt<channel|>call:f{a:<|\"|>}<|\"|>,b:{c:\"}\"}}<turn|>"),
            "[t]{f {\"a\":\"}\",\"b\":{\"c\":\"}\"}}}");
  EXPECT_EQ(Turn("<channel|>\ncall:f{}<tool_call|>call:g{}\n<|tool_call>call:h{}<tool_call|>"),
            "{f {}}{g {}}{h {}}");
  EXPECT_EQ(Turn("<channel|>call:f{}call:g{a:1}\n\nDone"), "{f {}}{g {\"a\":1}}(Done)");
  EXPECT_EQ(Turn("<channel|>call:f is a function"), "(call:f is a function)");
  EXPECT_EQ(Turn("<channel|>call"), "(call)");
  EXPECT_EQ(Turn("call:f{}"), "(call:f{})");  // where no thought was before
  EXPECT_EQ(Turn("<channel|>call:f{a:1"), "!call:f{a:1!");
}

TEST_F(TurnParserTest, HeadersThatComeTwiceAreDropped) {
  EXPECT_EQ(Turn("<|channel>thought\n<|channel>thought\nx<channel|>y"), "[x](y)");
  EXPECT_EQ(Turn("<|channel>thought\nthought\nx<channel|>y"), "[x](y)");
  EXPECT_EQ(Turn("<|channel>thought\nx<channel|>y", TurnStart::kInThought), "[x](y)");
  EXPECT_EQ(Turn("thought\nx<channel|>y", TurnStart::kInThought), "[x](y)");
  EXPECT_EQ(Turn("<|channel>thought<channel|>y"), "(y)");
  EXPECT_EQ(Turn("<|channel>thought\n<channel|>y"), "(y)");
  EXPECT_EQ(Turn("<|channel>thoughts differ<channel|>y"), "[thoughts differ](y)");
  EXPECT_EQ(Turn("<|channel>Hm<turn|>"), "[Hm]");
  EXPECT_EQ(Turn("<|channel>thought\nthoug<channel|>y"), "[thoug](y)");
  EXPECT_EQ(Turn("<channel|><channel|>y<tool_call|>z"), "(yz)");
}

TEST_F(TurnParserTest, AThoughtThatIsNotClosedEndsWithTheTurnOrACall) {
  EXPECT_EQ(Turn("<|channel>thought\nx<turn|>"), "[x]");
  EXPECT_EQ(Turn("<|channel>thought\nx<|tool_call>call:f{}<tool_call|>"), "[x]{f {}}");
}

TEST_F(TurnParserTest, MalformedCallsComeAsText) {
  EXPECT_EQ(Turn("a<|tool_call>call:f{a:<|\"|>x}<tool_call|>b"),
            "(a)!<|tool_call>call:f{a:<|\"|>x}<tool_call|>!(b)");
  EXPECT_EQ(Turn("<|tool_call>what?<|tool_call>call:f{}<tool_call|>"), "!<|tool_call>what?!{f {}}");
  EXPECT_EQ(Turn("<|tool_call>call:f{a:1"), "!<|tool_call>call:f{a:1!");
  EXPECT_EQ(Turn("<|tool_call>"), "!<|tool_call>!");
  // Complete, but for its end.
  EXPECT_EQ(Turn("<|tool_call>call:f{a:1}<|tool_response>"), "{f {\"a\":1}}");
}

TEST_F(TurnParserTest, ACopyGoesOnFromTheSamePlace) {
  const std::string text =
      "<|channel>thought\nt\xC3\xA9<channel|>\ncall:f{a:<|\"|>\xF0\x9F\x98\x80<|\"|>}"
      "<|tool_call>call:g{b:[1,2]}<tool_call|> x<turn|>";
  const std::string whole = Turn(text);
  std::vector<int32_t> ids;
  ASSERT_TRUE(tokenizer_.EncodeParsingSpecial(text, &ids).ok());
  for (size_t cut = 0; cut <= ids.size(); ++cut) {
    std::optional<TurnParser> parser(std::in_place, tokens_);
    std::string shown;
    for (size_t i = 0; i < cut; ++i) {
      shown = Shown(parser->Feed(ids[i], tokenizer_.Bytes(ids[i])), shown);
    }
    TurnParser copy = *parser;
    parser.reset();
    for (size_t i = cut; i < ids.size(); ++i) {
      shown = Shown(copy.Feed(ids[i], tokenizer_.Bytes(ids[i])), shown);
    }
    EXPECT_EQ(Shown(copy.Finish(), shown), whole) << cut;
  }
}

TEST_F(TurnParserTest, FinishBeginsAnew) {
  TurnParser parser(tokens_, TurnStart::kInThought);
  EXPECT_EQ(Shown(parser.Feed(-1, "x\xE2\x82")), "[x]");
  EXPECT_EQ(Shown(parser.Finish()), "[\xEF\xBF\xBD]");
  EXPECT_EQ(Shown(parser.Finish()), "");
  EXPECT_FALSE(parser.in_thought());
  EXPECT_EQ(Shown(parser.Feed(-1, "a")), "(a)");
}

}  // namespace
}  // namespace gemma4
