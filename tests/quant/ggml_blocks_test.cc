// Every block format against tests/golden/gguf/blocks.safetensors: `NAME.raw` [4, bytes a row] and
// `NAME.f32` [4, 512], what gguf-py says the bytes mean.
#include "lib/quant/ggml_blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/quant/dequantize.h"

namespace gemma4 {
namespace {

class GgmlBlocksTest : public ::testing::TestWithParam<DataType> {};

TEST_P(GgmlBlocksTest, BytesMeanWhatTheReferenceSaysToTheBit) {
  const std::string path = std::string(GEMMA4_TEST_DATA_DIR) + "/golden/gguf/blocks.safetensors";
  const MappedFile file = MappedFile::Open(path).value();
  const std::vector<TensorView> tensors = ParseSafetensors(file.bytes()).value();
  std::map<std::string, TensorView> by_name;
  for (const TensorView& tensor : tensors) by_name[tensor.name] = tensor;

  const std::string name = DataTypeName(GetParam());
  ASSERT_EQ(by_name.count(name + ".raw"), 1u);
  const TensorView& raw = by_name[name + ".raw"];
  const TensorView& expected = by_name[name + ".f32"];
  std::vector<float> values(expected.num_elements());
  ASSERT_EQ(raw.data.size(), StoredSizeBytes(GetParam(), values.size()));
  Dequantize(GetParam(), raw.data.data(), values);
  EXPECT_EQ(std::memcmp(values.data(), expected.data.data(), expected.data.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, GgmlBlocksTest,
                         ::testing::Values(DataType::kF32, DataType::kF16, DataType::kBF16,
                                           DataType::kQ4_0, DataType::kQ4_1, DataType::kQ5_0,
                                           DataType::kQ5_1, DataType::kQ8_0, DataType::kQ2_K,
                                           DataType::kQ3_K, DataType::kQ4_K, DataType::kQ5_K,
                                           DataType::kQ6_K, DataType::kIQ4_NL, DataType::kIQ4_XS,
                                           DataType::kMXFP4),
                         [](const auto& test) { return std::string(DataTypeName(test.param)); });

}  // namespace
}  // namespace gemma4
