// Whole GGUF checkpoints: split files, and the tokenizer inside.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "lib/checkpoint/gguf/gguf_file.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/gguf_writer.h"

namespace gemma4 {
namespace {

const std::string kGolden = std::string(GEMMA4_TEST_DATA_DIR) + "/golden/gguf/";

// The metadata of a file as its bytes, and their number of values.
struct Metadata {
  std::string bytes;
  uint64_t num_values = 0;
};

template <typename T>
T ReadAt(std::string_view file, size_t& at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof(value));
  at += sizeof(value);
  return value;
}

void SkipValue(std::string_view file, uint32_t type, size_t& at) {
  constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  if (type == static_cast<uint32_t>(GgufType::kString)) {
    const uint64_t size = ReadAt<uint64_t>(file, at);
    at += size;
  } else if (type == static_cast<uint32_t>(GgufType::kArray)) {
    const uint32_t element = ReadAt<uint32_t>(file, at);
    for (uint64_t left = ReadAt<uint64_t>(file, at); left > 0; --left) SkipValue(file, element, at);
  } else {
    at += kSizes[type];
  }
}

Metadata MetadataOf(std::string_view file) {
  size_t at = 16;
  Metadata metadata;
  metadata.num_values = ReadAt<uint64_t>(file, at);
  const size_t begin = at;
  for (uint64_t i = 0; i < metadata.num_values; ++i) {
    const uint64_t key_size = ReadAt<uint64_t>(file, at);
    at += key_size;
    const uint32_t type = ReadAt<uint32_t>(file, at);
    SkipValue(file, type, at);
  }
  metadata.bytes = file.substr(begin, at - begin);
  return metadata;
}

uint32_t GgmlType(DataType type) {
  switch (type) {
    case DataType::kF32: return 0;
    case DataType::kF16: return 1;
    case DataType::kQ4_0: return 2;
    case DataType::kQ8_0: return 8;
    case DataType::kBF16: return 30;
    default: ADD_FAILURE() << DataTypeName(type); return 0;
  }
}

// e2b-Q4_0.gguf as llama.cpp's gguf-split cuts it: metadata in the first file only.
FileSet Split(size_t num_parts) {
  const std::string whole = ReadWholeFile(kGolden + "e2b-Q4_0.gguf");
  const Metadata metadata = MetadataOf(whole);
  const auto file = GgufFile::Parse(BytesOf(whole), "whole").value();
  const auto tensors = file.tensors();
  FileSet set;
  for (size_t part = 0; part < num_parts; ++part) {
    const size_t begin = tensors.size() * part / num_parts;
    const size_t end = tensors.size() * (part + 1) / num_parts;
    GgufWriter writer(3, end - begin, 3 + (part == 0 ? metadata.num_values : 0));
    if (part == 0) writer.PutBytes(metadata.bytes);
    writer.PutString("split.no").Put<uint32_t>(2).Put(static_cast<uint16_t>(part));
    writer.PutString("split.count").Put<uint32_t>(2).Put(static_cast<uint16_t>(num_parts));
    writer.PutString("split.tensors.count")
        .Put<uint32_t>(5)
        .Put(static_cast<int32_t>(tensors.size()));
    std::string data;
    for (size_t t = begin; t < end; ++t) {
      data.resize((data.size() + 31) / 32 * 32);
      const std::vector<uint64_t> ne(tensors[t].shape.rbegin(), tensors[t].shape.rend());
      writer.PutTensor(tensors[t].name, ne, GgmlType(tensors[t].type), data.size());
      data.append(reinterpret_cast<const char*>(tensors[t].data.data()), tensors[t].data.size());
    }
    char name[64];
    std::snprintf(name, sizeof(name), "m-%05zu-of-%05zu.gguf", part + 1, num_parts);
    set[name] = writer.WithData(data);
  }
  return set;
}

TEST(SplitGgufTest, IsTheWholeModel) {
  const auto whole = OpenCheckpoint(kGolden + "e2b-Q4_0.gguf");
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  const FileSet files = Split(3);
  const auto split = files.Open();
  ASSERT_TRUE(split.ok()) << split.status().message();
  ASSERT_EQ(split->tensors().size(), whole->tensors().size());
  for (size_t i = 0; i < whole->tensors().size(); ++i) {
    const TensorView& a = whole->tensors()[i].view;
    const TensorView& b = split->tensors()[i].view;
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.shape, b.shape);
    ASSERT_EQ(a.data.size(), b.data.size());
    EXPECT_EQ(std::memcmp(a.data.data(), b.data.data(), a.data.size()), 0) << a.name;
  }
}

TEST(SplitGgufTest, APartThatIsMissingOrOfAnotherSplitIsNamed) {
  FileSet files = Split(3);
  const std::string second = files["m-00002-of-00003.gguf"];
  files.files.erase("m-00002-of-00003.gguf");
  EXPECT_NE(files.Open().status().message().find("m-00002-of-00003.gguf"), std::string::npos);
  files["m-00002-of-00003.gguf"] = files["m-00003-of-00003.gguf"];
  EXPECT_NE(files.Open().status().message().find("split.no is 2"), std::string::npos)
      << files.Open().status().message();
  files["m-00002-of-00003.gguf"] = Split(4)["m-00002-of-00004.gguf"];
  EXPECT_NE(files.Open().status().message().find("of 4"), std::string::npos)
      << files.Open().status().message();
}

// Beside the same model's tokenizer.json.
TEST(GgufVocabularyTest, IsThatOfTokenizerJson) {
  const auto gguf = OpenCheckpoint(kGolden + "demo-Q4_0.gguf");
  const auto folder = OpenCheckpoint(GEMMA4_SOURCE_DIR "/tools/demo_model");
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  ASSERT_TRUE(folder.ok()) << folder.status().message();
  const Vocabulary& a = *gguf->vocabulary();
  const Vocabulary& b = *folder->vocabulary();
  EXPECT_EQ(a.bos_token_id, b.bos_token_id);
  EXPECT_EQ(a.eos_token_id, b.eos_token_id);
  EXPECT_EQ(a.unk_token_id, b.unk_token_id);
  EXPECT_EQ(a.pad_token_id, b.pad_token_id);
  ASSERT_EQ(a.pieces.size(), b.pieces.size());
  for (size_t i = 0; i < a.pieces.size(); ++i) {
    EXPECT_EQ(a.pieces[i].text, b.pieces[i].text) << i;
    EXPECT_EQ(a.pieces[i].score, b.pieces[i].score) << a.pieces[i].text;
    EXPECT_EQ(a.pieces[i].kind, b.pieces[i].kind) << a.pieces[i].text;
  }
}

}  // namespace
}  // namespace gemma4
