// The published members at their real sizes: every parameter is accounted for, every tensor name
// is claimed, every shape expected.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/base/anonymous_memory.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/model/tensor_role.h"
#include "lib/model/variants.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

struct Member {
  const char* folder;
  const char* name;
  // Elements of the text decoder: of the tensors that are computed with, and of all in the files,
  // the K/V tensors of sharing layers included.
  size_t num_used, num_text;
  size_t num_dead_tensors;
};

// From the shapes of the reference's modules; the text totals are published with the references.
constexpr Member kMembers[] = {
    {"e2b", "E2B", 4628569379, 4647449891, 60},
    {"e4b", "E4B", 7463013418, 7518069034, 54},
    {"12b", "12B", 11907350320, 11907350320, 0},
    {"26b-a4b", "26B-A4B", 25233141790, 25233141790, 0},
    {"31b", "31B", 30697345340, 30697345340, 0},
};

size_t NumElements(const std::vector<size_t>& shape) {
  size_t count = 1;
  for (size_t dim : shape) count *= dim;
  return count;
}

std::string ConfigOf(const Member& member) {
  return ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/family/" + std::string(member.folder) +
                       "/config.json");
}

TEST(FamilyTest, ExpectedTensorsHaveThePublishedNumberOfParameters) {
  for (const Member& member : kMembers) {
    const std::string config = ConfigOf(member);
    const auto parsed = ParseModelConfigJson(BytesOf(config));
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_STREQ(VariantName(parsed->model), member.name);
    size_t num_elements = 0;
    for (const ExpectedTensor& tensor : ExpectedTensors(parsed->model)) {
      num_elements += NumElements(tensor.shape);
    }
    EXPECT_EQ(num_elements, member.num_used) << member.name;
  }
}

#ifdef GEMMA4_SHARED_DIR

// A checkpoint whose data is address space that nobody touches.
TEST(FamilyTest, EveryTensorOfARealCheckpointIsClaimed) {
  for (const Member& member : kMembers) {
    SCOPED_TRACE(member.name);
    const std::string path = GEMMA4_SHARED_DIR "/golden/family/" + std::string(member.folder);
    const auto shapes = nlohmann::json::parse(ReadWholeFile(path + "/tensors.json"));
    std::vector<WrittenTensor> tensors;
    for (const auto& [name, shape] : shapes.items()) {
      tensors.push_back({name, shape.get<std::vector<size_t>>()});
    }
    size_t data_bytes = 0;
    const std::string header = MakeHeader(tensors, data_bytes);
    auto memory = AnonymousMemory::Reserve(header.size() + data_bytes, "a checkpoint");
    if (!memory.ok()) GTEST_SKIP() << memory.status().message();
    std::memcpy(memory->data(), header.data(), header.size());

    const std::string config = ConfigOf(member);
    const MemoryFile files[] = {
        {"config.json", BytesOf(config)},
        {"model.safetensors", {memory->data(), memory->size_bytes()}},
    };
    const auto checkpoint = OpenCheckpointFromMemory(files);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    EXPECT_EQ(checkpoint->tensors().size(), tensors.size());
    size_t num_used = 0, num_dead = 0, num_dead_tensors = 0;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) {
      const bool is_text = tensor.view.name.starts_with("model.language_model.");
      EXPECT_EQ(is_text, tensor.use != TensorUse::kSetAside) << tensor.view.name;
      if (tensor.use == TensorUse::kUsed) num_used += tensor.view.num_elements();
      if (tensor.use == TensorUse::kDead) num_dead += tensor.view.num_elements();
      if (tensor.use == TensorUse::kDead) ++num_dead_tensors;
    }
    EXPECT_EQ(num_used, member.num_used);
    EXPECT_EQ(num_used + num_dead, member.num_text);
    EXPECT_EQ(num_dead_tensors, member.num_dead_tensors);
  }
}

#endif  // GEMMA4_SHARED_DIR

}  // namespace
}  // namespace gemma4
