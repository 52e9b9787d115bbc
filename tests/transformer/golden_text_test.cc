// The references of tests/golden/text (README there): logits of every position and the greedy
// continuation, in exact arithmetic.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

// expected.safetensors of one reference.
class Expected {
 public:
  explicit Expected(const std::string& folder) {
    file_ = MappedFile::Open(folder + "/expected.safetensors").value();
    auto tensors = ParseSafetensors(file_.bytes());
    for (TensorView& tensor : *tensors) {
      std::string name = tensor.name;
      tensors_.emplace(std::move(name), std::move(tensor));
    }
  }

  template <typename T>
  std::vector<T> Values(const std::string& name) const {
    const TensorView& tensor = tensors_.at(name);
    std::vector<T> values(tensor.num_elements());
    EXPECT_EQ(tensor.data.size(), values.size() * sizeof(T)) << name;
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
  }

  // A number among the file's metadata, which ParseSafetensors passes over.
  double Metadata(const std::string& key) const {
    const std::string_view text(reinterpret_cast<const char*>(file_.bytes().data()),
                                std::min<size_t>(file_.bytes().size(), 4096));
    const size_t at = text.find("\"" + key + "\"");
    EXPECT_NE(at, text.npos) << key;
    const size_t begin = text.find('"', text.find(':', at)) + 1;
    return std::stod(std::string(text.substr(begin, text.find('"', begin) - begin)));
  }

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
};

class GoldenTextTest : public ::testing::TestWithParam<const char*> {
 protected:
  static double MaxDifference(std::span<const float> a, std::span<const float> b) {
    EXPECT_EQ(a.size(), b.size());
    double max = 0;
    for (size_t i = 0; i < a.size(); ++i) max = std::max(max, std::fabs(double(a[i]) - b[i]));
    return max;
  }
};

TEST_P(GoldenTextTest, LogitsOfEveryPositionAreWithinTheReferencesOwnNoise) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path);
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<float> logits = expected.Values<float>("logits");
  const double bar = 1e-3 + 4 * expected.Metadata("f32_vs_f64_max_abs");
  EXPECT_LE(MaxDifference(model.AllLogits(ids, 512), logits), bar);
}

// Where a whole-model difference begins: the output of each layer.
TEST_P(GoldenTextTest, EveryLayersOutputIsNearTheReferences) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path);
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<float> states = expected.Values<float>("hidden_states");
  const size_t layer_size = ids.size() * model.config().hidden_size;
  const ptrdiff_t num_layers = static_cast<ptrdiff_t>(model.config().num_layers());
  ForwardOptions options;
  options.observer = [&](ptrdiff_t layer, std::span<const float> hidden) {
    // The reference records the last layer after the final norm, our "layer N".
    if (layer == num_layers - 1) return;
    const size_t entry = static_cast<size_t>(std::min(layer + 1, num_layers));
    const auto reference = std::span(states).subspan(entry * layer_size, layer_size);
    EXPECT_LE(MaxDifference(hidden, reference), 2e-3) << "layer " << layer;
  };
  KvCache cache = model.NewCache();
  std::vector<float> logits(ids.size() * model.config().vocab_size);
  const ChunkSequence sequence{&cache, ids, LogitsWanted::kAll};
  ASSERT_TRUE(model.transformer->Forward({&sequence, 1}, logits, options).ok());
}

TEST_P(GoldenTextTest, GreedyContinuationIsTheReferences) {
  const GoldenModel model = GoldenModel::Load(GetParam(), Arithmetic::kExact);
  const Expected expected(model.path);
  const std::vector<int32_t> ids = expected.Values<int32_t>("input_ids");
  const std::vector<int32_t> greedy = expected.Values<int32_t>("greedy_ids");
  KvCache cache = model.NewCache();
  std::vector<float> logits(model.config().vocab_size);
  std::vector<int32_t> next = ids;
  for (int32_t want : greedy) {
    const ChunkSequence sequence{&cache, next, LogitsWanted::kLast};
    ASSERT_TRUE(model.transformer->Forward({&sequence, 1}, logits).ok());
    const auto best = std::max_element(logits.begin(), logits.end());
    next = {static_cast<int32_t>(best - logits.begin())};
    ASSERT_EQ(next[0], want);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenTextTest,
                         ::testing::Values("e2b", "e4b", "12b", "31b", "odd", "ple-no-sharing",
                                           "untied-f32"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace gemma4
