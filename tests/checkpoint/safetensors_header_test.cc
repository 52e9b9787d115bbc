#include "lib/checkpoint/safetensors/safetensors_header.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

StatusOr<std::vector<TensorView>> Parse(const std::string& file) {
  return ParseSafetensors(BytesOf(file));
}

// A header of one tensor "a" with these members, and 8 bytes of data.
Status ParseOne(const std::string& members) {
  return Parse(WithHeaderLength("{\"a\":{" + members + "}}") + "12345678").status();
}

TEST(SafetensorsHeaderTest, ViewsPointIntoTheFileInNameOrder) {
  const std::string file = MakeSafetensors({{"b", {2, 3}}, {"a", {}}, {"c", {0, 7}}});
  const std::vector<TensorView> tensors = Parse(file).value();
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[0].shape, std::vector<size_t>());
  EXPECT_EQ(tensors[0].data.size(), 2u);
  EXPECT_EQ(tensors[1].name, "b");
  EXPECT_EQ(tensors[1].type, DataType::kBF16);
  EXPECT_EQ(tensors[1].shape, (std::vector<size_t>{2, 3}));
  EXPECT_EQ(tensors[1].data.size(), 12u);
  EXPECT_EQ(reinterpret_cast<const char*>(tensors[1].data.data()), file.data() + file.size() - 14);
  EXPECT_EQ(tensors[2].data.size(), 0u);
}

TEST(SafetensorsHeaderTest, KnowsEveryTypeThatWeCanHold) {
  const std::pair<const char*, size_t> types[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                                                  {"I32", 4}, {"I8", 1},  {"U8", 1}};
  for (const auto& [name, bytes] : types) {
    const std::string file = MakeSafetensors({{"a", {3}}}, name, bytes);
    const auto tensors = Parse(file);
    ASSERT_TRUE(tensors.ok()) << tensors.status().message();
    EXPECT_STREQ(DataTypeName((*tensors)[0].type), name);
  }
}

TEST(SafetensorsHeaderTest, AllowsPaddingAndMetadataOfAnyForm) {
  EXPECT_TRUE(
      Parse(WithHeaderLength("{\"__metadata__\":{\"format\":\"pt\",\"n\":[1,{}]}}    ")).ok());
  EXPECT_TRUE(Parse(WithHeaderLength("{\"__metadata__\":null}")).ok());
  EXPECT_TRUE(Parse(WithHeaderLength("{}")).ok());
}

TEST(SafetensorsHeaderTest, SaysWhatIsWrongWithATensor) {
  const std::pair<const char*, const char*> refusals[] = {
      {R"("dtype":"F4","shape":[8],"data_offsets":[0,4])",
       "header: tensor a has dtype \"F4\"; F32, F16, BF16, I64, I32, I8 and U8 are supported"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[0,9])",
       "header: tensor a has data_offsets [0, 9]; the file has 8 bytes of data"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[8,0])",
       "header: tensor a has data_offsets [8, 0]; the file has 8 bytes of data"},
      {R"("dtype":"F32","shape":[3],"data_offsets":[0,8])",
       "header: tensor a, F32 [3], has 8 bytes in the file; its shape needs 12"},
      {R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])",
       "header: tensor a, F32 [4294967296, 4294967296], has 8 bytes in the file; its shape needs "
       "more than there can be"},
      {R"("dtype":"F32","shape":[2])", "header: tensor a has no data_offsets"},
      {R"("shape":[2],"data_offsets":[0,8])", "header: tensor a has no dtype"},
      {R"("dtype":"F32","data_offsets":[0,8])", "header: tensor a has no shape"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[0])",
       "header: tensor a has 1 data_offsets; 2 are expected"},
      {R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])",
       "header: tensor a has two entries dtype"},
      {R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8])",
       "header: tensor a has more than 8 dimensions"},
  };
  for (const auto& [members, message] : refusals) EXPECT_EQ(ParseOne(members).message(), message);
}

TEST(SafetensorsHeaderTest, RefusesValuesOfAnotherForm) {
  constexpr const char* kForms =
      " is not what a header may hold: dtype (a string), shape and data_offsets (lists of whole "
      "numbers)";
  for (const char* members :
       {R"("shape":[-1])", R"("shape":[1.5])", R"("shape":["1"])", R"("shape":2)",
        R"("shape":{"0":1})", R"("shape":[[1]])", R"("shape":[18446744073709551616])"}) {
    EXPECT_EQ(ParseOne(members).message(), std::string("header: tensor a: shape") + kForms);
  }
  EXPECT_EQ(ParseOne(R"("data_offsets":[0,4,8])").message(),
            std::string("header: tensor a: data_offsets") + kForms);
  EXPECT_EQ(ParseOne(R"("color":"red")").message(),
            std::string("header: tensor a: color") + kForms);
  EXPECT_EQ(Parse(WithHeaderLength("{\"a\":1}")).status().message(),
            "header: tensor a is not an object");
  EXPECT_EQ(Parse(WithHeaderLength("{\"a\":[]}")).status().message(),
            "header: tensor a is not an object");
  EXPECT_EQ(Parse(WithHeaderLength("[]")).status().message(),
            "header: the header is a list; an object is expected");
  EXPECT_EQ(Parse(WithHeaderLength("7")).status().message(), "header: the header is not an object");
}

TEST(SafetensorsHeaderTest, RefusesTensorsThatOverlapOrRepeat) {
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  const std::string b = R"("b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]})";
  EXPECT_EQ(Parse(WithHeaderLength("{" + a + "," + b + "}") + "12345678").status().message(),
            "header: tensors a and b overlap");
  EXPECT_EQ(Parse(WithHeaderLength("{" + a + "," + a + "}") + "12345678").status().message(),
            "header: tensor a is listed twice");
}

TEST(SafetensorsHeaderTest, SaysThatAFileIsCutShort) {
  EXPECT_EQ(Parse("1234567").status().message(), "has 7 bytes; a safetensors file has at least 8");
  EXPECT_EQ(Parse(WithHeaderLength("{}").substr(0, 9)).status().message(),
            "the header is to have 2 bytes, but only 1 follow: the file is cut short, or is no "
            "safetensors file");
  EXPECT_EQ(Parse(std::string(8, '\xFF')).status().message(),
            "the header is to have 18446744073709551615 bytes, but only 0 follow: the file is cut "
            "short, or is no safetensors file");
  std::string file = MakeSafetensors({{"a", {4}}});
  file.pop_back();
  EXPECT_EQ(Parse(file).status().message(),
            "header: tensor a has data_offsets [0, 8]; the file has 7 bytes of data");
}

TEST(SafetensorsHeaderTest, NamesInMessagesStayOnOneLine) {
  const std::string header = "{\"a\\nb" + std::string(500, 'x') + "\":{}}";
  const Status status = Parse(WithHeaderLength(header)).status();
  EXPECT_TRUE(status.message().starts_with("header: tensor a\\x0abxxx")) << status.message();
  EXPECT_TRUE(status.message().ends_with("... has no dtype")) << status.message();
}

}  // namespace
}  // namespace gemma4
