// References beside the golden models, and how far logits are from them.
#ifndef GEMMA4_TESTS_TRANSFORMER_EXPECTED_H_
#define GEMMA4_TESTS_TRANSFORMER_EXPECTED_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"

namespace gemma4 {

// The file of one reference: what the model should make of given ids.
class Expected {
 public:
  explicit Expected(const std::string& path) {
    file_ = MappedFile::Open(path).value();
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

inline double MaxDifference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double max = 0;
  for (size_t i = 0; i < a.size(); ++i) max = std::max(max, std::fabs(double(a[i]) - b[i]));
  return max;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_TRANSFORMER_EXPECTED_H_
