#include "lib/constraint/token_masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/constraint/demo_vocabulary.h"
#include "tests/constraint/matching.h"

namespace gemma4 {
namespace {

// Pieces that end strings, keys, lists and numbers in their midst, and begin others.
std::vector<std::string> AwkwardPieces() {
  std::vector<std::string> pieces = {"\"",
                                     "\",",
                                     "\":",
                                     "\": ",
                                     "\": \"",
                                     "\",\"",
                                     "\", \"",
                                     "\"},",
                                     "\"}",
                                     "\"}]",
                                     "\"]",
                                     "}}",
                                     "}]}",
                                     "]}",
                                     "],[",
                                     "[[",
                                     "[]",
                                     "{}",
                                     "{\"",
                                     "{\"a\":",
                                     "{\"a",
                                     ",\"b\":",
                                     ", \"",
                                     ":1,\"",
                                     "1,2",
                                     "12",
                                     "-1",
                                     "0.",
                                     ".5",
                                     "e+",
                                     "null",
                                     "nul",
                                     "true,",
                                     "false",
                                     "\\u00",
                                     "\\\"",
                                     "\\n",
                                     "a",
                                     "ab",
                                     "abc",
                                     "aa",
                                     "b\":",
                                     "name",
                                     "name\"",
                                     "age\": ",
                                     "\n",
                                     "\n  ",
                                     "  ",
                                     " ",
                                     "\xC3",
                                     "\xA9",
                                     "\xC3\xA9",
                                     "\x9F\x98",
                                     "\xF0\x9F\x98\x80",
                                     "aaaaaaaaaaaaaaaaaaaaaaaa",
                                     "\"\":1,\"\":",
                                     "a\":1,\"a\":",
                                     "\":1,\"a",
                                     "\":1,\"a\":2",
                                     "\"a\":1,\"a\":2,",
                                     "call:",
                                     "{x:",
                                     "f{",
                                     "x:1}",
                                     ",y:",
                                     "((",
                                     "))",
                                     "+1",
                                     "x",
                                     "xyz",
                                     "0",
                                     "00",
                                     "10",
                                     "255",
                                     "99\n"};
  return pieces;
}

const std::vector<StatusOr<Grammar::Ptr>>& Grammars() {
  static const auto* grammars = [] {
    auto* list = new std::vector<StatusOr<Grammar::Ptr>>();
    for (
        const char* schema : {
            "{}",
            R"({"type":"object"})",
            R"({"type":"object","additionalProperties":{"type":"integer"}})",
            R"({"type":"object","properties":{"a":{},"ab":{"type":"integer"},"name":{"type":"string"}},
                 "required":["ab"]})",
            R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array"}},
                 "additionalProperties":false,"required":["a","b"]})",
            R"({"type":"array","items":{"type":"string","minLength":2,"maxLength":5}})",
            R"({"type":"array","items":{"type":"integer","minimum":-3,"maximum":255},
                 "minItems":2,"maxItems":4})",
            R"({"type":"string","maxLength":30})",
            R"({"type":"string","pattern":"^(a|b)*\\d+$"})",
            R"({"enum":["a","ab","abc",1,12,null,[1,2],{"a":1}]})",
            R"({"type":"object","minProperties":1,"maxProperties":3,"properties":{"a":{}}})",
            R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"string"},
                 {"type":"object","properties":{"a":{"const":1}},"required":["a"]}]})",
            R"({"type":"number","minimum":0.5,"maximum":12.25})",
        }) {
      list->push_back(Grammar::FromJsonSchema(schema));
    }
    for (const char* grammar : {
             "root ::= [a-z]+ (\" \" [a-z]+)* \"\\n\"?",
             "root ::= word (\" \" word)*\nword ::= [a-z]+ | [0-9]{1,3}",
             "root ::= \"(\" root \")\" | \"x\" | root2\nroot2 ::= \"a\" root2 \"b\" | \"\"",
             "root ::= . . . | \"a\"{2,40} \"\\n\"",
             "root ::= x x x x\nx ::= \"a\"? y\ny ::= \"b\"? | \"ab\"",
         }) {
      list->push_back(Grammar::FromGbnf(grammar));
    }
    list->push_back(Grammar::FromTools(
        R"([{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"integer"},
            "y":{"type":"string"},"o":{"type":"object"}}}},{"name":"ff"}])"));
    return list;
  }();
  return *grammars;
}

// For each token: a copy of the matcher is asked to accept it.
void ExpectMaskIsBruteForce(GrammarMatcher& matcher, const TokenIndex& index) {
  const std::span<const uint64_t> mask = matcher.AllowedTokens();
  ASSERT_EQ(mask.size(), index.num_mask_words());
  for (int32_t id = 0; id < static_cast<int32_t>(index.vocab_size()); ++id) {
    GrammarMatcher copy = matcher;
    ASSERT_EQ(copy.Accept(id), IsAllowed(mask, id)) << id << " " << index.Bytes(id);
  }
  for (size_t id = index.vocab_size(); id < mask.size() * 64; ++id) {
    ASSERT_FALSE(IsAllowed(mask, static_cast<int32_t>(id)));
  }
}

// A random allowed token; longer ones are as likely as single bytes. -1: there is none.
int32_t RandomToken(std::span<const uint64_t> mask, std::mt19937& random) {
  std::vector<int32_t> bytes, pieces;
  for (int32_t id = 0; id < static_cast<int32_t>(mask.size() * 64); ++id) {
    if (IsAllowed(mask, id)) (id < 256 ? bytes : pieces).push_back(id);
  }
  std::vector<int32_t>& from =
      bytes.empty() || (!pieces.empty() && random() % 2 == 0) ? pieces : bytes;
  return from.empty() ? -1 : from[random() % from.size()];
}

TEST(TokenMasksTest, AgreeWithTryingEveryToken) {
  const auto index = IndexOf(AwkwardPieces());
  std::mt19937 random(1);
  for (size_t g = 0; g < Grammars().size(); ++g) {
    SCOPED_TRACE(g);
    ASSERT_TRUE(Grammars()[g].ok()) << Grammars()[g].status().message();
    const GrammarMatcher start = MatcherOf(*Grammars()[g], index);
    for (int walk = 0; walk < 12; ++walk) {
      GrammarMatcher matcher = start;
      std::string text;
      for (int step = 0; step < 25 && !matcher.has_ended(); ++step) {
        SCOPED_TRACE(text);
        ExpectMaskIsBruteForce(matcher, *index);
        if (testing::Test::HasFatalFailure()) return;
        const int32_t id = RandomToken(matcher.AllowedTokens(), random);
        ASSERT_GE(id, 0);
        ASSERT_TRUE(matcher.Accept(id));
        text += index->Bytes(id);
      }
    }
  }
}

TEST(TokenMasksTest, AgreeInTheDemoModelsVocabulary) {
  const auto index = DemoIndex();
  std::mt19937 random(2);
  for (size_t g = 0; g + 1 < Grammars().size(); ++g) {  // the last one is of tools
    SCOPED_TRACE(g);
    GrammarMatcher matcher = MatcherOf(*Grammars()[g], index);
    for (int step = 0; step < 12 && !matcher.has_ended(); ++step) {
      ExpectMaskIsBruteForce(matcher, *index);
      if (testing::Test::HasFatalFailure()) return;
      const int32_t id = RandomToken(matcher.AllowedTokens(), random);
      ASSERT_GE(id, 0);
      ASSERT_TRUE(matcher.Accept(id));
    }
  }
}

TEST(TokenMasksTest, StayRightWhenMuchIsForgotten) {
  // Each step of this grammar is in a state of its own, so that the memory for states runs over.
  const auto grammar = Grammar::FromGbnf("root ::= ([a-b] [a-b]? | [b-c]){1,3000} \"!\"");
  ASSERT_TRUE(grammar.ok());
  std::vector<std::string> pieces;
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    std::string piece;
    for (size_t size = 2 + random() % 30; size > 0; --size) piece += "abc!"[random() % 40 / 13];
    pieces.push_back(piece);
  }
  const auto index = IndexOf(pieces);
  GrammarMatcher matcher = MatcherOf(*grammar, index);
  for (int step = 0; step < 60 && !matcher.has_ended(); ++step) {
    if (step % 6 == 0) ExpectMaskIsBruteForce(matcher, *index);
    const int32_t id = RandomToken(matcher.AllowedTokens(), random);
    ASSERT_GE(id, 0);
    ASSERT_TRUE(matcher.Accept(id));
  }
}

TEST(TokenMasksTest, WhereReadingsAreTooManyBytesAreAllowedOneByOne) {
  // Whatever was read, twenty rules may end it, each in a way of its own: twenty times as many
  // readings with each byte. All tokens of such a state took minutes.
  std::string text_of_grammar = "root ::= a\na ::= \"\"";
  for (char c = 'a'; c < 'a' + 20; ++c) text_of_grammar += std::string(" | [^q] a [") + c + "-z]";
  const auto grammar = Grammar::FromGbnf(text_of_grammar);
  ASSERT_TRUE(grammar.ok());
  std::vector<std::string> pieces;
  std::mt19937 random(4);
  for (int i = 0; i < 1000; ++i) {
    std::string piece;
    for (size_t size = 2 + random() % 20; size > 0; --size) {
      piece += static_cast<char>('a' + random() % 26);
    }
    pieces.push_back(piece);
  }
  const auto index = IndexOf(pieces);
  GrammarMatcher matcher = MatcherOf(*grammar, index);
  const std::string text = "so";
  size_t num_narrow = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::span<const uint64_t> mask = matcher.AllowedTokens();
    num_narrow += matcher.has_single_bytes_only();
    const int32_t vocab_size = static_cast<int32_t>(index->vocab_size());
    for (int32_t id = 0; id < vocab_size; id += id < 256 ? 5 : 50) {
      const bool may_be_left_out = matcher.has_single_bytes_only() && id >= 256;
      GrammarMatcher copy = matcher;
      ASSERT_EQ(copy.Accept(id) && !may_be_left_out, IsAllowed(mask, id)) << id;
    }
    GrammarMatcher other = MatcherOf(*grammar, index);  // was asked nothing before
    ASSERT_TRUE(other.AcceptBytes(text.substr(0, at)));
    ASSERT_TRUE(std::ranges::equal(other.AllowedTokens(), mask));
    ASSERT_TRUE(matcher.Accept(text[at]));
  }
  EXPECT_GT(num_narrow, 0u);
}

TEST(TokenMasksTest, AWrongTokenChangesNothing) {
  GrammarMatcher matcher = MatcherOf(*Grammar::FromJsonSchema(R"({"type":"integer"})"));
  ASSERT_TRUE(matcher.Accept('1'));
  const std::vector<uint64_t> before(matcher.AllowedTokens().begin(),
                                     matcher.AllowedTokens().end());
  for (const int32_t id : {int32_t{'x'}, -1, 260, 100000, kQuoteId})
    EXPECT_FALSE(matcher.Accept(id));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), matcher.AllowedTokens().begin()));
  EXPECT_TRUE(matcher.CanEnd());
  matcher.Reset();
  EXPECT_FALSE(matcher.CanEnd());
  EXPECT_TRUE(IsAllowed(matcher.AllowedTokens(), '-'));
}

TEST(TokenMasksTest, CopiesGoTheirOwnWaysInOtherThreads) {
  const GrammarMatcher start = MatcherOf(*Grammars()[1], IndexOf(AwkwardPieces()));
  std::array<std::string, 4> texts;
  const auto walk = [&start](unsigned seed) {
    std::mt19937 random(seed);
    GrammarMatcher matcher = start;
    std::string text;
    for (int step = 0; step < 60 && !matcher.has_ended(); ++step) {
      const int32_t id = RandomToken(matcher.AllowedTokens(), random);
      if (id < 0 || !matcher.Accept(id)) return std::string("stuck");
      text += std::to_string(id) + " ";
    }
    return text;
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < texts.size(); ++i) {
    threads.emplace_back([&, i] { texts[i] = walk(i / 2); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[2], texts[3]);
  EXPECT_NE(texts[0], texts[2]);
  EXPECT_NE(texts[0], "stuck");
}

}  // namespace
}  // namespace gemma4
