#include "lib/text/stop_strings.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/base/utf8.h"
#include "tests/text/stop_strings_reference.h"

namespace gemma4 {
namespace {

using Strings = std::vector<std::string_view>;

std::shared_ptr<const StopStrings> Make(const Strings& strings) {
  auto made = StopStrings::Create(strings);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return std::make_shared<const StopStrings>(std::move(made).value());
}

// What comes out after each piece, and after the last one what Finish() adds; "!2" where stop
// string 2 was completed.
std::vector<std::string> Pieces(const Strings& strings, const Strings& pieces) {
  StopStringFilter filter(Make(strings));
  std::vector<std::string> outs;
  for (const std::string_view piece : pieces) {
    outs.emplace_back();
    const auto matched = filter.Feed(piece, &outs.back());
    if (matched) outs.back() += "!" + std::to_string(*matched);
  }
  outs.emplace_back();
  filter.Finish(&outs.back());
  return outs;
}

using Outs = std::vector<std::string>;

TEST(StopStringFilterTest, AStopStringAcrossPiecesNeverComesOut) {
  EXPECT_EQ(Pieces({"STOP"}, {"Hello S", "TO", "P and more"}), (Outs{"Hello ", "", "!0", ""}));
  EXPECT_EQ(Pieces({"STOP"}, {"Hello STOP and"}), (Outs{"Hello !0", ""}));
}

TEST(StopStringFilterTest, WhatTurnsOutToBeNoneComesOutAtOnce) {
  EXPECT_EQ(Pieces({"STOP"}, {"S", "T", "A", "ST"}), (Outs{"", "", "STA", "", "ST"}));
}

TEST(StopStringFilterTest, ABeginningInsideABeginningIsFound) {
  EXPECT_EQ(Pieces({"aab"}, {"a", "a", "a", "b"}), (Outs{"", "", "a", "!0", ""}));
  EXPECT_EQ(Pieces({"abcabd"}, {"abcabcab", "d"}), (Outs{"abc", "!0", ""}));
}

TEST(StopStringFilterTest, TheFirstOneCompletedWinsWhereverItBegan) {
  EXPECT_EQ(Pieces({"abcde", "cd"}, {"xab", "cde"}), (Outs{"x", "ab!1", ""}));
  EXPECT_EQ(Pieces({"abc", "ab"}, {"xabc"}), (Outs{"x!1", ""}));
}

TEST(StopStringFilterTest, OfThoseCompletedByTheSameByteTheLongestWins) {
  EXPECT_EQ(Pieces({"b", "xab", "ab"}, {"xa", "b"}), (Outs{"", "!1", ""}));
  EXPECT_EQ(Pieces({"b", "yab", "ab"}, {"xa", "b"}), (Outs{"x", "!2", ""}));
  EXPECT_EQ(Pieces({"ab", "ab"}, {"ab"}), (Outs{"!0", ""}));
}

TEST(StopStringFilterTest, AfterOneNothingComesOutUntilItBeginsAnew) {
  StopStringFilter filter(Make({"."}));
  std::string out;
  EXPECT_EQ(filter.Feed("a.b", &out), 0u);
  EXPECT_EQ(filter.Feed("c", &out), 0u);
  EXPECT_EQ(filter.held(), "");
  filter.Finish(&out);
  EXPECT_EQ(out, "a");
  EXPECT_EQ(filter.Feed("b", &out), std::nullopt);
  EXPECT_EQ(out, "ab");
}

TEST(StopStringFilterTest, WithoutStopStringsEverythingComesOut) {
  EXPECT_EQ(Pieces({}, {"a", "", "b"}), (Outs{"a", "", "b", ""}));
  StopStringFilter filter;
  std::string out;
  EXPECT_EQ(filter.Feed("abc", &out), std::nullopt);
  filter.Finish(&out);
  EXPECT_EQ(out, "abc");
  EXPECT_EQ(filter.held(), "");
}

// U+00E9 is C3 A9, U+00E8 is C3 A8: the first byte alone is no beginning worth a cut.
TEST(StopStringFilterTest, NeverCutsACodePoint) {
  EXPECT_EQ(Pieces({"\u00e9!"}, {"\u00e8", "\u00e9", "?"}), (Outs{"\u00e8", "", "\u00e9?", ""}));
}

TEST(StopStringFilterTest, NulIsACharacterLikeAnyOther) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Pieces({"a\0b"sv}, {"xa\0"sv, "b"}), (Outs{"x", "!0", ""}));
}

TEST(StopStringFilterTest, ACopyRemembersThePlaceAndSoDoesWhatIsHeld) {
  const auto strings = Make({"abcd", "bcx"});
  StopStringFilter filter(strings);
  std::string out;
  filter.Feed("zabc", &out);
  EXPECT_EQ(out, "z");
  EXPECT_EQ(filter.held(), "abc");
  StopStringFilter restored(strings);
  std::string nothing;
  restored.Feed(filter.held(), &nothing);
  EXPECT_EQ(nothing, "");
  for (StopStringFilter other : {filter, restored}) {
    std::string rest;
    EXPECT_EQ(other.Feed("x", &rest), 1u);
    EXPECT_EQ(rest, "a");
  }
  EXPECT_EQ(filter.Feed("d", &out), 0u);
  EXPECT_EQ(out, "z");
}

// Few letters, two of them of two bytes, so that beginnings overlap all the time.
TEST(StopStringFilterTest, AgreesWithLookingAtTheWholeTextHoweverItIsCut) {
  std::mt19937 random(7);
  const auto below = [&](size_t count) { return random() % count; };
  const auto text = [&](size_t max_letters) {
    constexpr std::string_view kLetters[] = {"a", "a", "a", "b", "b", "\u00e9", "\u00e8"};
    std::string result;
    for (size_t i = below(max_letters); i < max_letters; ++i) result += kLetters[below(7)];
    return result;
  };
  size_t num_matched = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> owned(below(4));
    for (std::string& string : owned) string = text(6);
    const Strings strings(owned.begin(), owned.end());
    StopStringFilter filter(Make(strings));
    std::string fed, out;
    std::optional<size_t> matched;
    for (size_t piece = 0; piece < 8; ++piece) {
      const std::string next = below(4) == 0 ? "" : text(5);
      fed += next;
      matched = filter.Feed(next, &out);
      const StopStringsReference expected = FilterWholeText(strings, fed);
      ASSERT_EQ(out, expected.out) << "round " << round << ", text " << fed;
      ASSERT_EQ(matched, expected.matched) << "round " << round << ", text " << fed;
      ASSERT_TRUE(CheckUtf8(out).ok()) << "round " << round << ", text " << fed;
      if (!matched) {
        ASSERT_EQ(out + std::string(filter.held()), fed);
      }
    }
    filter.Finish(&out);
    if (matched) {
      ++num_matched;
      ASSERT_EQ(out, FilterWholeText(strings, fed).out);
    } else {
      ASSERT_EQ(out, fed);
    }
  }
  EXPECT_GT(num_matched, 5000u);
  EXPECT_LT(num_matched, 15000u);
}

std::string Refusal(const Strings& strings, StatusCode code = StatusCode::kInvalidArgument) {
  const auto made = StopStrings::Create(strings);
  EXPECT_EQ(made.status().code(), code);
  return made.status().message();
}

TEST(StopStringsTest, WhatIsNoStopStringIsRefusedByName) {
  EXPECT_EQ(Refusal({"a", ""}), "stop string 1 has 0 bytes; it must have 1 to 1024");
  const std::string longest(kMaxStopStringBytes, 'a');
  EXPECT_TRUE(StopStrings::Create(Strings{longest}).ok());
  const std::string too_long = longest + "a";
  EXPECT_EQ(Refusal({too_long}), "stop string 0 has 1025 bytes; it must have 1 to 1024");
  EXPECT_NE(Refusal({"a", "b\xff"}, StatusCode::kInvalidUtf8).find("stop string 1: "),
            std::string::npos);
  EXPECT_TRUE(StopStrings::Create(Strings(kMaxStopStrings, "a")).ok());
  EXPECT_EQ(Refusal(Strings(kMaxStopStrings + 1, "a")),
            "65 stop strings are given; at most 64 are allowed");
}

TEST(StopStringsTest, KeepsThemAsTheyWereGiven) {
  const auto strings = Make({"b", "ab", "b"});
  ASSERT_EQ(strings->size(), 3u);
  EXPECT_EQ(strings->string(0), "b");
  EXPECT_EQ(strings->string(1), "ab");
  EXPECT_EQ(strings->string(2), "b");
}

}  // namespace
}  // namespace gemma4
