#include "lib/base/mapped_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace gemma4 {
namespace {

std::string WriteFile(const std::string& name, const std::string& content) {
  const std::string path = ::testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(MappedFileTest, ShowsTheFilesBytesAndSurvivesAMove) {
  auto file = MappedFile::Open(WriteFile("mapped_file_test.bin", "abc"));
  ASSERT_TRUE(file.ok());
  MappedFile moved = std::move(file).value();
  ASSERT_EQ(moved.bytes().size(), 3u);
  EXPECT_EQ(std::memcmp(moved.bytes().data(), "abc", 3), 0);
}

TEST(MappedFileTest, AnEmptyFileIsAnEmptySpan) {
  auto file = MappedFile::Open(WriteFile("mapped_file_empty.bin", ""));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFileTest, NamesTheFileThatIsNotThere) {
  const auto file = MappedFile::Open("/nowhere/model.safetensors");
  EXPECT_EQ(file.status().code(), StatusCode::kNotFound);
  EXPECT_NE(file.status().message().find("/nowhere/model.safetensors"), std::string::npos);
}

TEST(MappedFileTest, AFolderIsNotAFile) {
  EXPECT_EQ(MappedFile::Open(::testing::TempDir()).status().code(), StatusCode::kIo);
}

}  // namespace
}  // namespace gemma4
