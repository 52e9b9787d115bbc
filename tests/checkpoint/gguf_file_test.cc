#include "lib/checkpoint/gguf/gguf_file.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/checkpoint/gguf_writer.h"

namespace gemma4 {
namespace {

StatusOr<GgufFile> Parse(const std::string& bytes) {
  return GgufFile::Parse(std::as_bytes(std::span(bytes)), "model.gguf");
}

std::string GoodFile() {
  GgufWriter writer(3, 2, 4);
  writer.PutString("gemma4.block_count").Put<uint32_t>(4).Put<uint32_t>(35);
  writer.PutString("gemma4.eps").Put<uint32_t>(6).Put(1e-6f);
  writer.PutString("general.architecture").Put<uint32_t>(8).PutString("gemma4");
  writer.PutString("tokens").Put<uint32_t>(9).Put<uint32_t>(8).Put<uint64_t>(2);
  writer.PutString("a").PutString("\xE2\x96\x81the");
  writer.PutTensor("x.weight", {64, 3}, /*Q4_0*/ 2, 0);
  writer.PutTensor("y.weight", {5}, /*F32*/ 0, 128);
  return writer.WithData(148);
}

TEST(GgufFileTest, ReadsValuesAndReversesShapes) {
  const std::string bytes = GoodFile();
  const auto file = Parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->Integer("gemma4.block_count").value(), 35);
  EXPECT_FLOAT_EQ(static_cast<float>(*file->Number("gemma4.eps").value()), 1e-6f);
  EXPECT_EQ(file->String("general.architecture").value(), "gemma4");
  EXPECT_FALSE(file->Integer("absent").value().has_value());
  std::vector<std::string> tokens;
  const auto visited = file->ForEachString("tokens", [&](size_t, std::string_view text) {
    tokens.emplace_back(text);
    return Status::Ok();
  });
  EXPECT_TRUE(visited.value());
  EXPECT_EQ(tokens, (std::vector<std::string>{"a", "\xE2\x96\x81the"}));
  ASSERT_EQ(file->tensors().size(), 2u);
  EXPECT_EQ(file->tensors()[0].ShapeText(), "[3, 64]");
  EXPECT_EQ(file->tensors()[0].type, DataType::kQ4_0);
  EXPECT_EQ(file->tensors()[0].data.size(), 3u * 2 * 18);
  EXPECT_EQ(file->tensors()[1].data.size(), 20u);
}

TEST(GgufFileTest, AFileCutAnywhereIsRefused) {
  const std::string bytes = GoodFile();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto file = Parse(bytes.substr(0, size));
    ASSERT_FALSE(file.ok()) << size;
    EXPECT_EQ(file.status().code(), StatusCode::kCorrupt) << size;
  }
}

TEST(GgufFileTest, EveryChangedByteIsAnErrorOrAGoodFile) {
  const std::string bytes = GoodFile();
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const char change : {'\x01', '\x80', '\xFF'}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto file = Parse(changed);
      if (file.ok()) continue;
      EXPECT_FALSE(file.status().message().empty());
    }
  }
}

TEST(GgufFileTest, NamesATensorsFormatThatCannotBeRead) {
  const auto file = Parse(GgufWriter(3, 1, 0).PutTensor("q", {256}, 16, 0).WithData(256));
  EXPECT_EQ(file.status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(file.status().message(),
            "model.gguf: tensor q has format IQ2_XXS (16), which cannot be read");
}

TEST(GgufFileTest, NamesOtherVersionsAndWrongTypes) {
  EXPECT_EQ(Parse(GgufWriter(2, 0, 0).WithData(0)).status().code(), StatusCode::kUnsupported);
  const std::string bytes = GoodFile();
  const auto file = Parse(bytes);
  EXPECT_EQ(file->Integer("general.architecture").status().code(), StatusCode::kCorrupt);
  EXPECT_EQ(file->String("gemma4.block_count").status().code(), StatusCode::kCorrupt);
}

}  // namespace
}  // namespace gemma4
