#include "lib/checkpoint/safetensors/safetensors_index.h"

#include <gtest/gtest.h>

#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

StatusOr<SafetensorsIndex> Parse(const std::string& text) {
  return ParseSafetensorsIndex(BytesOf(text));
}

TEST(SafetensorsIndexTest, FindsTheFileOfATensor) {
  const SafetensorsIndex index = Parse(R"({"metadata": {"total_size": 12}, "weight_map": {
      "b": "model-2.safetensors", "a": "model-1.safetensors", "c": "model-2.safetensors"}})")
                                     .value();
  EXPECT_EQ(index.files, (std::vector<std::string>{"model-2.safetensors", "model-1.safetensors"}));
  ASSERT_NE(index.Find("a"), nullptr);
  EXPECT_EQ(index.Find("a")->file_index, 1u);
  EXPECT_EQ(index.Find("c")->file_index, 0u);
  EXPECT_EQ(index.Find("d"), nullptr);
}

TEST(SafetensorsIndexTest, RefusesNamesThatLeadElsewhere) {
  for (const char* name : {"../model.safetensors", "a/b.safetensors", "/model.safetensors", "..",
                           "", "C:model.safetensors", "a\\\\b.safetensors", ".hidden.safetensors",
                           "model.bin", "a\\u0000.safetensors"}) {
    const Status status =
        Parse("{\"weight_map\": {\"t\": \"" + std::string(name) + "\"}}").status();
    EXPECT_EQ(status.code(), StatusCode::kCorrupt) << name;
  }
  EXPECT_EQ(Parse(R"({"weight_map": {"t": "../m.safetensors"}})").status().message(),
            "weight_map puts t into \"../m.safetensors\"; the plain name of a .safetensors file is "
            "expected");
}

TEST(SafetensorsIndexTest, RefusesOtherForms) {
  EXPECT_EQ(Parse("{}").status().message(), "weight_map is missing");
  EXPECT_EQ(Parse("[]").status().message(), "is a list; an object is expected");
  for (const char* text :
       {R"({"weight_map": []})", R"({"weight_map": {"t": 1}})", R"({"weight_map": {"t": {}}})",
        R"({"weight_map": {}, "weight_map": {}})"}) {
    EXPECT_EQ(Parse(text).status().message(),
              "weight_map must be one object that maps tensor names to file names")
        << text;
  }
  EXPECT_EQ(
      Parse(R"({"weight_map": {"t": "a.safetensors", "t": "a.safetensors"}})").status().message(),
      "weight_map lists t twice");
}

}  // namespace
}  // namespace gemma4
