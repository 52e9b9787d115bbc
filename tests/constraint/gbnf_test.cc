#include "lib/constraint/gbnf.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/constraint/matching.h"

namespace gemma4 {
namespace {

void ExpectGbnfTakes(const std::string& grammar, const std::vector<std::string>& good,
                     const std::vector<std::string>& bad) {
  SCOPED_TRACE(grammar);
  ExpectTakes(Grammar::FromGbnf(grammar), good, bad);
}

TEST(GbnfTest, LiteralsAndAlternatives) {
  ExpectGbnfTakes("root ::= \"yes\" | \"no\" | \"\"", {"yes", "no", ""}, {"ye", "yesno", "n"});
  ExpectGbnfTakes(R"(root ::= "a\"\\\n\t\r\x41\u00e9\U0001F600\[\]")",
                  {"a\"\\\n\t\rA\xC3\xA9\xF0\x9F\x98\x80[]"}, {"a"});
  ExpectGbnfTakes("root ::= \"a\" \"b\" |\n  \"c\"\n", {"ab", "c"}, {"a", "b", "abc"});
  ExpectGbnfTakes("root ::= \"a\" | ", {"a", ""}, {"aa"});
}

TEST(GbnfTest, ClassesHoldCodePoints) {
  ExpectGbnfTakes("root ::= [a-cx]", {"a", "c", "x"}, {"d", "", "ab"});
  ExpectGbnfTakes("root ::= [^a-c\\n]", {"d", "\xC3\xA9", "\xF0\x9F\x98\x80", " "},
                  {"a", "\n", "\xC3", "\xC3\xA9 "});
  ExpectGbnfTakes("root ::= [\\]\\-\\\\^]", {"]", "-", "\\", "^"}, {"a"});
  ExpectGbnfTakes("root ::= [a-]", {"a", "-"}, {"b"});
  ExpectGbnfTakes("root ::= [\xC3\xA0-\xC3\xBF\\u4e00-\\u9fff]", {"\xC3\xA9", "\xE4\xB8\xAD"},
                  {"a", "\xC3\x9F", "\xE3\x81\x82"});
  ExpectGbnfTakes("root ::= .", {"a", "\n", "\xE2\x82\xAC"}, {"", "ab", "\xE2\x82"});
}

TEST(GbnfTest, PartsAreRepeated) {
  ExpectGbnfTakes("root ::= \"ab\"*", {"", "ab", "abab"}, {"a", "aba"});
  ExpectGbnfTakes("root ::= [0-9]+", {"0", "123"}, {""});
  ExpectGbnfTakes("root ::= \"a\"? \"b\"", {"b", "ab"}, {"a", "aab"});
  ExpectGbnfTakes("root ::= \"a\"{3}", {"aaa"}, {"aa", "aaaa"});
  ExpectGbnfTakes("root ::= \"a\"{2,}", {"aa", "aaaaa"}, {"a"});
  ExpectGbnfTakes("root ::= (\"a\" | \"bc\"){1,3} \"!\"", {"a!", "bca!", "aabc!"}, {"!", "aaaa!"});
  ExpectGbnfTakes("root ::= \"a\"{0,0} \"b\"", {"b"}, {"ab"});
  ExpectGbnfTakes("root ::= (\"a\"?){2,4}", {"", "a", "aaaa"}, {"aaaaa"});
  ExpectGbnfTakes("root ::= (\"a\"* \"b\"?)*", {"", "aab", "bab"}, {"c"});
  ExpectGbnfTakes("root ::= (\"a\"{2}){2} \"b\"", {"aaaab"}, {"aaab", "aaaaab"});
}

TEST(GbnfTest, RulesAndCommentsAndLines) {
  ExpectGbnfTakes(
      "# a sum\nroot ::= term (\n    \"+\" # plus\n    term\n  )*  # the end\n\n"
      "term ::= num | \"(\" root \")\"\nnum ::= [0-9]+\n",
      {"1", "1+2", "(1+2)+33", "((4))"}, {"", "1+", "(1", "1)", "+1"});
  ExpectGbnfTakes("root ::= a-rule2\na-rule2 ::= \"x\" root | \"y\"", {"y", "xxy"}, {"x"});
}

TEST(GbnfTest, AmbiguousGrammarsAreFollowedInAllWays) {
  ExpectGbnfTakes("root ::= \"a\" | \"a\" \"b\" | \"ab\" \"c\" | \"abcd\"",
                  {"a", "ab", "abc", "abcd"}, {"abd", "b"});
  // Palindromes need to guess the middle.
  ExpectGbnfTakes("root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"a\" | \"b\" | \"\"",
                  {"", "aba", "abba", "abbabba"}, {"ab", "abab"});
}

TEST(GbnfTest, RightRecursionTakesNoStack) {
  const auto grammar = Grammar::FromGbnf("root ::= \"a\" root | \"b\"");
  ASSERT_TRUE(grammar.ok());
  GrammarMatcher matcher = MatcherOf(*grammar);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(matcher.Accept('a'));
  EXPECT_TRUE(matcher.Accept('b'));
  EXPECT_TRUE(matcher.CanEnd());
}

TEST(GbnfTest, DepthIsBoundedAndWhatWasBegunCanEnd) {
  const auto grammar = Grammar::FromGbnf("root ::= \"(\" root \")\" | \"x\"");
  ASSERT_TRUE(grammar.ok());
  GrammarMatcher matcher = MatcherOf(*grammar);
  size_t depth = 0;
  while (matcher.Accept('(')) ++depth;
  EXPECT_GT(depth, 500u);
  EXPECT_LE(depth, 512u);
  ASSERT_TRUE(matcher.Accept('x'));
  for (size_t i = 0; i < depth; ++i) ASSERT_TRUE(matcher.Accept(')'));
  EXPECT_TRUE(matcher.CanEnd());
}

TEST(GbnfTest, WaysThatLeadNowhereAreNotBegun) {
  // `endless` never ends, so neither it nor what needs it is ever begun.
  ExpectGbnfTakes("root ::= \"a\" | \"b\" endless\nendless ::= \"c\" endless", {"a"}, {"b", "bc"});
  const auto grammar =
      Grammar::FromGbnf("root ::= \"a\" | \"b\" endless\nendless ::= \"c\" endless");
  GrammarMatcher matcher = MatcherOf(*grammar);
  EXPECT_FALSE(IsAllowed(matcher.AllowedTokens(), 'b'));
  ExpectRefused(Grammar::FromGbnf("root ::= \"c\" root"), StatusCode::kInvalidArgument,
                "nothing fulfils");
}

TEST(GbnfTest, LeftRecursionIsRefusedByName) {
  ExpectRefused(Grammar::FromGbnf("root ::= sum\nsum ::= sum \"+\" \"1\" | \"1\""),
                StatusCode::kUnsupported, "the rule \"sum\" refers to itself before it reads");
  ExpectRefused(Grammar::FromGbnf("root ::= a\na ::= b \"x\"\nb ::= a \"y\" | \"z\""),
                StatusCode::kUnsupported, "left recursion");
  // Behind what may be empty.
  ExpectRefused(Grammar::FromGbnf("root ::= e* root \"x\" | \"y\"\ne ::= \"q\"?"),
                StatusCode::kUnsupported, "\"root\"");
  ExpectGbnfTakes("root ::= e{1,2} root \"x\" | \"y\"\ne ::= \"q\"", {"y", "qyx", "qqyx", "qqqyxx"},
                  {"yx"});
}

TEST(GbnfTest, WhatIsWrongIsSaidWithItsLine) {
  const auto wrong = [](const std::string& grammar, const std::string& words) {
    SCOPED_TRACE(grammar);
    ExpectRefused(Grammar::FromGbnf(grammar), StatusCode::kInvalidArgument, words);
  };
  wrong("", "no rule \"root\"");
  wrong("a ::= \"x\"", "no rule \"root\"");
  wrong("root ::= \"x\n\"", "line 1: a literal or a class has no end");
  wrong("root ::= [a", "line 1: a literal or a class has no end");
  wrong("root ::= b\n", "line 1: the rule \"b\" is not there");
  wrong("root ::= \"a\"\nroot ::= \"b\"", "line 2: the rule \"root\" is there twice");
  wrong("root = \"a\"", "\"::=\" is expected");
  wrong("root ::= (\"a\"", "\")\" is expected");
  wrong("root ::= \"a\")", "the end of a rule is expected");
  wrong("root ::= \"a\"{x}", "a number is expected");
  wrong("root ::= \"a\"{3,2}", "m > n");
  wrong("root ::= \"\\q\"", "unknown escape");
  wrong("root ::= \"\\x4\"", "too few digits");
  wrong("root ::= [z-a]", "range");
  wrong("root ::= \"\xFF\"", "not UTF-8");
  wrong("root ::= *", "the end of a rule is expected");
}

TEST(GbnfTest, LimitsAreNamed) {
  ExpectRefused(
      Grammar::FromGbnf("root ::= " + std::string(60, '(') + "\"a\"" + std::string(60, ')')),
      StatusCode::kUnsupported, "50 groups");
  ExpectRefused(Grammar::FromGbnf("root ::= \"a\"{1,200000}"), StatusCode::kUnsupported,
                "100000 repetitions");
  ExpectRefused(Grammar::FromGbnf("root ::= ((\"a\"?){1000}){1000}"), StatusCode::kUnsupported,
                "instructions");
  std::string rules = "root ::= \"a\"\n";
  for (int i = 0; i < 10001; ++i) rules += "r" + std::to_string(i) + "::=\"\"\n";
  ExpectRefused(Grammar::FromGbnf(rules), StatusCode::kUnsupported, "rules; at most 10000");
}

}  // namespace
}  // namespace gemma4
