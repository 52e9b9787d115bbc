// compressed-tensors' 4-bit form: a checkpoint in it, and one with the same weights written out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/quant/dequantize.h"
#include "lib/quant/half.h"
#include "lib/quant/int4.h"
#include "lib/transformer/pack_model.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"
#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

// Tensors of several types, one after the other.
class Writer {
 public:
  template <typename T>
  void Add(const std::string& name, const char* type, const std::vector<size_t>& shape,
           const std::vector<T>& values) {
    const size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    std::string shape_text;
    for (size_t dim : shape) shape_text += (shape_text.empty() ? "" : ",") + std::to_string(dim);
    header_ += (header_.size() > 1 ? ",\"" : "\"") + name + "\":{\"dtype\":\"" + type +
               "\",\"shape\":[" + shape_text + "],\"data_offsets\":[" + std::to_string(begin) +
               "," + std::to_string(data_.size()) + "]}";
  }
  std::string Finish() const { return WithHeaderLength(header_ + "}") + data_; }

 private:
  std::string header_ = "{";
  std::string data_;
};

// The tiny E2B with its linear layers rounded to 4 bits: as three tensors each, and as floats.
struct Pair {
  FileSet int4, floats;

  Pair() : int4(FileSet::ReadGolden("e2b")), floats(int4) {
    const std::string stored = int4["model.safetensors"];
    Writer int4_writer, float_writer;
    const auto tensors = ParseSafetensors(BytesOf(stored)).value();
    for (const TensorView& tensor : tensors) {
      std::vector<float> values(tensor.num_elements());
      Dequantize(tensor.type, tensor.data.data(), values);
      const bool is_linear = tensor.shape.size() == 2 && tensor.shape[1] % kInt4Block == 0 &&
                             tensor.name.find("embed_tokens") == std::string::npos;
      if (is_linear) RoundToInt4(tensor, values, int4_writer);
      float_writer.Add(tensor.name, "F32", tensor.shape, values);
      if (!is_linear) int4_writer.Add(tensor.name, "F32", tensor.shape, values);
    }
    int4["model.safetensors"] = int4_writer.Finish();
    floats["model.safetensors"] = float_writer.Finish();
    std::string& config = int4["config.json"];
    config.insert(config.find('{') + 1, R"("quantization_config": {
        "quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {
          "group_0": {"targets": ["Linear"], "input_activations": null, "weights": {
            "num_bits": 4, "type": "int", "symmetric": true, "strategy": "group",
            "group_size": 32}}}},)");
  }

  static void RoundToInt4(const TensorView& tensor, std::vector<float>& values, Writer& writer) {
    const size_t rows = tensor.shape[0], columns = tensor.shape[1];
    ASSERT_EQ(columns % kInt4Block, 0u) << tensor.name;
    std::vector<uint8_t> nibbles(values.size() / 2);
    std::vector<uint16_t> scales(values.size() / kInt4Block);
    QuantizeInt4Blocks(values, nibbles, scales);
    for (size_t i = 0; i < values.size(); ++i) {
      const int nibble = (nibbles[i / 2] >> (4 * (i % 2))) & 15;
      values[i] = static_cast<float>(nibble - 8) * Bf16ToFloat(scales[i / kInt4Block]);
    }
    const std::string module = tensor.name.substr(0, tensor.name.size() - strlen(".weight"));
    std::vector<uint32_t> words(nibbles.size() / 4);
    std::memcpy(words.data(), nibbles.data(), nibbles.size());
    writer.Add(module + ".weight_packed", "I32", {rows, columns / 8}, words);
    writer.Add(module + ".weight_scale", "BF16", {rows, columns / kInt4Block}, scales);
    writer.Add(module + ".weight_shape", "I64", {2},
               std::vector<int64_t>{static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  }
};

std::vector<float> LogitsOf(const Checkpoint& checkpoint, Arithmetic arithmetic) {
  const auto pool = ThreadPool::Create(2).value();
  TransformerOptions options;
  options.arithmetic = arithmetic;
  options.thread_pool = pool.get();
  const auto transformer = Transformer::Create(checkpoint, options).value();
  auto cache = KvCache::Create(checkpoint.config(), 64, 512, KvType::kF32).value();
  const std::vector<int32_t> ids = {2, 17, 140, 33, 200, 5, 71};
  std::vector<float> logits(ids.size() * checkpoint.config().vocab_size);
  const ChunkSequence sequence{&cache, ids, RowsRead::kAll, logits.data()};
  EXPECT_TRUE(transformer->Forward({&sequence, 1}).ok());
  return logits;
}

std::vector<float> LogitsOf(const FileSet& files, Arithmetic arithmetic) {
  const auto checkpoint = files.Open();
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  return LogitsOf(*checkpoint, arithmetic);
}

TEST(Int4GroupsTest, TheyMeanWhatTheirFloatsMean) {
  const Pair pair;
  for (Arithmetic arithmetic :
       {Arithmetic::kExact, Arithmetic::kInt8, Arithmetic::kInt4Blocks, Arithmetic::kAuto}) {
    const auto int4 = LogitsOf(pair.int4, arithmetic);
    const auto floats = LogitsOf(pair.floats, arithmetic);
    ASSERT_EQ(int4.size(), floats.size());
    size_t num_different = 0;
    for (size_t i = 0; i < int4.size(); ++i) num_different += int4[i] != floats[i] ? 1 : 0;
    EXPECT_EQ(num_different, 0u) << ArithmeticName(arithmetic) << " " << int4[0] << " "
                                 << floats[0];
  }
}

TEST(Int4GroupsTest, TheyArePackedAsTheyAre) {
  const Pair pair;
  char folder[] = "/tmp/gemma4-int4-groups-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/packed.g4";
  const auto checkpoint = pair.int4.Open();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  ASSERT_TRUE(PackModel(*checkpoint, path, {}).ok());
  {
    const auto packed = OpenCheckpoint(path);
    ASSERT_TRUE(packed.ok()) << packed.status().message();
    EXPECT_EQ(LogitsOf(*packed, Arithmetic::kAuto), LogitsOf(*checkpoint, Arithmetic::kAuto));
  }
  std::filesystem::remove_all(folder);
}

TEST(Int4GroupsTest, MissingAndMisshapenPartsAreNamed) {
  Pair pair;
  const std::string good = pair.int4["model.safetensors"];
  const auto message_after = [&](const std::string& from, const std::string& to) {
    std::string& file = pair.int4["model.safetensors"];
    file = good;
    const size_t at = file.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    file.replace(at, from.size(), to);
    return pair.int4.Open().status().message();
  };
  EXPECT_NE(message_after("0.mlp.up_proj.weight_scale", "0.mlp.up_proj.weight_skale")
                .find("not all there"),
            std::string::npos);
  EXPECT_NE(message_after("I32", "F32").find("I32"), std::string::npos);
  EXPECT_NE(message_after("model.language_model.layers.0.mlp.up_proj.weight_",
                          "an.other.language_model.layerembed_tokens.weight_")
                .find("embed_tokens"),
            std::string::npos);
}

}  // namespace
}  // namespace gemma4
