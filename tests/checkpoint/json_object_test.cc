#include "lib/checkpoint/json/json_object.h"

#include <gtest/gtest.h>

#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

class JsonObjectTest : public testing::Test {
 protected:
  JsonObject Parse(const std::string& text) {
    document_ = ParseJsonDocument(BytesOf(text)).value();
    return JsonObject::Of(document_, "outer").value();
  }

  JsonValue document_;
};

TEST_F(JsonObjectTest, AbsentKeysHaveTheDefault) {
  const JsonObject object = Parse("{}");
  EXPECT_EQ(object.Size("n", 7).value(), 7u);
  EXPECT_EQ(object.Real("n", 0.5).value(), 0.5);
  EXPECT_EQ(object.Bool("n", true).value(), true);
  EXPECT_EQ(object.Text("n", "x").value(), "x");
  EXPECT_FALSE(object.OptionalSize("n").value().has_value());
  EXPECT_FALSE(object.OptionalObject("n").value().has_value());
  EXPECT_TRUE(object.TokenIds("n").value().empty());
  EXPECT_FALSE(object.HasKey("n"));
}

TEST_F(JsonObjectTest, NullIsAnErrorWhereTheReferenceRefusesIt) {
  const JsonObject object = Parse(R"({"n": null})");
  EXPECT_TRUE(object.HasKey("n"));
  EXPECT_FALSE(object.HasValue("n"));
  EXPECT_EQ(object.Size("n", 7).status().message(),
            "outer.n is null; a whole number from 0 to 2147483647 is expected");
  EXPECT_EQ(object.Real("n", 7).status().message(), "outer.n is null; a number is expected");
  EXPECT_EQ(object.Bool("n", true).status().message(),
            "outer.n is null; true or false is expected");
  EXPECT_EQ(object.Text("n", "x").value(), "x");
  EXPECT_FALSE(object.OptionalReal("n").value().has_value());
}

TEST_F(JsonObjectTest, SizesAreWholeAndBounded) {
  EXPECT_EQ(Parse(R"({"n": 2147483647})").Size("n", 0).value(), 2147483647u);
  for (const char* text : {R"({"n": -1})", R"({"n": 1.0})", R"({"n": 2147483648})",
                           R"({"n": true})", R"({"n": "1"})", R"({"n": [1]})"}) {
    EXPECT_EQ(Parse(text).Size("n", 0).status().code(), StatusCode::kCorrupt) << text;
  }
}

TEST_F(JsonObjectTest, TokenIdsAreOneOrMany) {
  EXPECT_EQ(Parse(R"({"n": 5})").TokenIds("n").value(), (std::vector<int32_t>{5}));
  EXPECT_EQ(Parse(R"({"n": [1, 106]})").TokenIds("n").value(), (std::vector<int32_t>{1, 106}));
  EXPECT_EQ(Parse(R"({"n": [1, "x\ny"]})").TokenIds("n").status().message(),
            "outer.n is \"x\\ny\"; a token id or a list of at most 4096 token ids is expected");
}

TEST(JsonDocumentTest, IsASmallObject) {
  EXPECT_EQ(ParseJsonDocument(BytesOf("[]")).status().message(),
            "the document is a list; an object is expected");
  const std::string large = "{\"a\": \"" + std::string(300000, 'x') + "\"}";
  EXPECT_EQ(ParseJsonDocument(BytesOf(large)).status().message(),
            "has 300009 bytes; at most 262144 are read");
}

}  // namespace
}  // namespace gemma4
