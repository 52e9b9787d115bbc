#include "lib/base/utf8.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

TEST(Utf8Test, AcceptsEveryLengthAndNul) {
  EXPECT_TRUE(CheckUtf8(std::string_view("a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x8A", 11)).ok());
  EXPECT_TRUE(CheckUtf8("").ok());
}

// Unicode 15, table 3-7: what lies just outside each row.
TEST(Utf8Test, RefusesOverlongSurrogatesAndWhatIsPastTheEnd) {
  for (const char* bad : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xFF"}) {
    const Status status = CheckUtf8(std::string("ok") + bad);
    EXPECT_EQ(status.code(), StatusCode::kInvalidUtf8);
    EXPECT_NE(status.message().find("offset 2"), std::string::npos) << status.message();
  }
}

// As Python's str.strip(): U+0085, U+00A0, U+2003, U+3000 and 0x1C-0x1F go; NUL, U+200B and U+FEFF
// stay.
TEST(Utf8Test, TrimsWhatPythonsStripDoes) {
  EXPECT_EQ(TrimWhitespace(" \t\r\n\x0B\x0C\x1C\x1D\x1E\x1F\xC2\x85\xC2\xA0\xE1\x9A\x80"
                           "\xE2\x80\x83\xE2\x80\xA8\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80"
                           "a b\xE3\x80\x80\xC2\x85 "),
            "a b");
  EXPECT_EQ(TrimWhitespace("\xE2\x80\x8B x \xEF\xBB\xBF"), "\xE2\x80\x8B x \xEF\xBB\xBF");
  EXPECT_EQ(TrimWhitespace(std::string_view("\0 a", 3)), std::string_view("\0 a", 3));
  EXPECT_EQ(TrimWhitespace(" \n "), "");
}

TEST(Utf8Test, MeasuresCodePoints) {
  EXPECT_EQ(Utf8CharacterBytes(""), 0u);
  EXPECT_EQ(Utf8CharacterBytes("a"), 1u);
  EXPECT_EQ(Utf8CharacterBytes("é"), 2u);
  EXPECT_EQ(Utf8CharacterBytes("▁"), 3u);
  EXPECT_EQ(Utf8CharacterBytes("😊"), 4u);
  EXPECT_EQ(Utf8CharacterBytes("\xF4\x8F\xBF\xBF"), 4u);  // U+10FFFF
  EXPECT_EQ(Utf8CharacterBytes("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(Utf8CharacterBytes("\xE2\x96"), 0u);
}

TEST(Utf8Test, GivesCodePointsOrNone) {
  EXPECT_EQ(CodePointsOf(""), U"");
  EXPECT_EQ(CodePointsOf("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x8A"), U"a\u00E9\u20AC\U0001F60A");
  EXPECT_EQ(CodePointsOf("a\xC3"), std::nullopt);
  EXPECT_EQ(CodePointsOf("\xFF"), std::nullopt);
}

}  // namespace
}  // namespace gemma4
