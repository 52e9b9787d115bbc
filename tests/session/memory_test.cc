// What a loaded model takes: tables stay in their file, and the estimate is what is then measured.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/checkpoint/safetensors/tensor_names.h"
#include "lib/session/model_info.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

namespace fs = std::filesystem;

constexpr size_t kVocabSize = 262144;
constexpr size_t kPerLayerSize = 512;
constexpr size_t kNumLayers = 10;
constexpr uint64_t kTableBytes = uint64_t{2} * kVocabSize * kPerLayerSize * kNumLayers;

// The tiny E2B with tables as long as the real one's. All weights are 0: holes of a sparse file,
// which are read like any others.
class LongTables : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gemma4-memory-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    auto config = nlohmann::json::parse(ReadWholeFile(GoldenFile("config.json")));
    auto& text = config["text_config"];
    text["vocab_size"] = text["vocab_size_per_layer_input"] = kVocabSize;
    text["hidden_size"] = 512;
    text["intermediate_size"] = 1024;
    text["hidden_size_per_layer_input"] = kPerLayerSize;
    const std::string config_text = config.dump();
    std::ofstream(folder_ + "/config.json") << config_text;

    const ModelConfig model = ParseModelConfigJson(BytesOf(config_text))->model;
    std::vector<WrittenTensor> tensors;
    for (const ExpectedTensor& tensor : ExpectedTensors(model)) {
      tensors.push_back(
          {TensorName("model.language_model.", tensor.role, tensor.layer), tensor.shape});
    }
    size_t data_bytes = 0;
    const std::string header = MakeHeader(tensors, data_bytes);
    weights_path_ = folder_ + "/model.safetensors";
    std::ofstream(weights_path_, std::ios::binary) << header;
    fs::resize_file(weights_path_, header.size() + data_bytes);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string GoldenFile(const std::string& name) {
    return GEMMA4_TEST_DATA_DIR "/golden/text/e2b/" + name;
  }

  // Resident bytes of this process, of all its mappings or of those of one file.
  static uint64_t ResidentBytes(const std::string& path = "") {
    std::ifstream maps("/proc/self/smaps");
    uint64_t total = 0;
    bool counts = path.empty();
    for (std::string line; std::getline(maps, line);) {
      if (line.starts_with("Rss:")) {
        if (counts) total += std::stoull(line.substr(4)) * 1024;
      } else if (!path.empty() && line.find('-') < line.find(' ')) {  // a mapping's first line
        counts = line.ends_with(path);
      }
    }
    return total;
  }

  static LoadOptions Options() {
    LoadOptions options;
    options.num_threads = 1;
    options.arithmetic = Arithmetic::kInt8;
    return options;
  }

  static std::vector<int32_t> Ids(size_t count) {
    std::vector<int32_t> ids(count);
    for (size_t i = 0; i < count; ++i) ids[i] = static_cast<int32_t>(i * 7919 % kVocabSize);
    return ids;
  }

  std::string folder_, weights_path_;
};

TEST_F(LongTables, StayInTheirFile) {
  const ModelPtr model = LoadModel(folder_, Options());
  const auto session = NewSession(model);
  for (int32_t id : Ids(100)) ASSERT_TRUE(session->Prefill({&id, 1}).ok());
  EXPECT_LT(ResidentBytes(weights_path_), kTableBytes / 50);
  ASSERT_TRUE(session->Prefill(Ids(2000)).ok());
  EXPECT_LT(ResidentBytes(weights_path_), kTableBytes / 50);
  EXPECT_LT(ResidentBytes(), kTableBytes / 5) << "some of the table was copied";
}

TEST_F(LongTables, TheEstimateIsWhatIsMeasured) {
  const auto info = ModelInfo::FromPath(folder_);
  ASSERT_TRUE(info.ok()) << info.status().message();
  SessionOptions session_options;
  session_options.max_context_tokens = 2000;
  const auto estimate = info->EstimateMemory(Options(), session_options);
  ASSERT_TRUE(estimate.ok());

  const uint64_t before = ResidentBytes();
  const ModelPtr model = LoadModel(folder_, Options());
  const auto session = NewSession(model, session_options);
  ASSERT_TRUE(session->Prefill(Ids(2000)).ok());
  const double measured = static_cast<double>(ResidentBytes() - before);
  EXPECT_NEAR(static_cast<double>(estimate->resident_bytes()) / measured, 1.0, 0.05)
      << "estimated " << estimate->resident_bytes() << ", measured " << measured;
}

}  // namespace
}  // namespace gemma4
