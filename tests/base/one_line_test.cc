#include "lib/base/one_line.h"

#include <gtest/gtest.h>

namespace gemma4 {
namespace {

using namespace std::literals;

TEST(OneLineTest, KeepsPlainText) { EXPECT_EQ(CutToOneLine("model.norm é 😊"), "model.norm é 😊"); }

TEST(OneLineTest, ShowsControlCharactersAndStrayBytes) {
  EXPECT_EQ(CutToOneLine("a\nb\0c\x7F"sv), "a\\x0ab\\x00c\\x7f");
  EXPECT_EQ(CutToOneLine("\xC3("), "\\xc3(");
  EXPECT_EQ(CutToOneLine("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(CutToOneLine("\xC0\x80"), "\\xc0\\x80");           // overlong
}

TEST(OneLineTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutToOneLine("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToOneLine("abcdef", 5), "abcde...");
  EXPECT_EQ(CutToOneLine("abcdé", 5), "abcd...");
}

}  // namespace
}  // namespace gemma4
