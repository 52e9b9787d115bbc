// The published members at their real sizes: every parameter is accounted for, every tensor name
// is claimed, every shape expected.
#include "tests/checkpoint/family.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/checkpoint/open_checkpoint.h"
#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/model/tensor_role.h"
#include "lib/model/variants.h"
#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

size_t NumElements(const std::vector<size_t>& shape) {
  size_t count = 1;
  for (size_t dim : shape) count *= dim;
  return count;
}

// So that what other tests derive from the table is of the published models.
TEST(FamilyTest, TheTableComesToThePublishedNumberOfParameters) {
  for (const Member& member : kMembers) {
    const MemberElements n = ElementsOf(member);
    EXPECT_EQ(n.linear + n.experts + n.router + n.tables + n.vectors, member.num_used)
        << member.name;
  }
  // "3.8B active": without the experts that a token is not routed to.
  const Member& moe = kMembers[3];
  const MemberElements n = ElementsOf(moe);
  EXPECT_EQ((n.linear + n.router + n.experts * 8 / 128) / 10000000, 382u);
}

TEST(FamilyTest, ExpectedTensorsHaveThePublishedNumberOfParameters) {
  for (const Member& member : kMembers) {
    const std::string config = FamilyConfig(member);
    const auto parsed = ParseModelConfigJson(BytesOf(config));
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_STREQ(VariantName(parsed->model), member.name);
    EXPECT_EQ(parsed->model.max_position_embeddings, member.context);
    size_t num_elements = 0;
    for (const ExpectedTensor& tensor : ExpectedTensors(parsed->model)) {
      num_elements += NumElements(tensor.shape);
    }
    EXPECT_EQ(num_elements, member.num_used) << member.name;
  }
}

TEST(FamilyTest, EveryTensorOfARealCheckpointIsClaimed) {
  for (const Member& member : kMembers) {
    SCOPED_TRACE(member.name);
    const auto weightless = WeightlessCheckpoint::Safetensors(member);
    if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
    const auto checkpoint = OpenCheckpointFromMemory(weightless.files());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    EXPECT_EQ(checkpoint->tensors().size(), FamilyTensors(member).size());
    size_t num_used = 0, num_dead = 0, num_dead_tensors = 0, num_set_aside = 0;
    for (const CheckpointTensor& tensor : checkpoint->tensors()) {
      const bool is_text = tensor.view.name.starts_with("model.language_model.");
      EXPECT_EQ(is_text, tensor.use != TensorUse::kSetAside) << tensor.view.name;
      const size_t num_elements = tensor.view.num_elements();
      if (tensor.use == TensorUse::kUsed) num_used += num_elements;
      if (tensor.use == TensorUse::kDead) num_dead += num_elements;
      if (tensor.use == TensorUse::kDead) ++num_dead_tensors;
      if (tensor.use == TensorUse::kSetAside) num_set_aside += num_elements;
    }
    EXPECT_EQ(num_used, member.num_used);
    EXPECT_EQ(num_used + num_dead, member.num_text);
    EXPECT_EQ(num_dead_tensors, member.num_dead_tensors);
    EXPECT_EQ(num_set_aside, member.num_set_aside);
  }
}

#ifdef GEMMA4_SHARED_DIR

TEST(FamilyTest, TheShortenedListsAreTheWholeOnes) {
  for (const Member& member : kMembers) {
    const auto shapes = nlohmann::json::parse(ReadWholeFile(
        GEMMA4_SHARED_DIR "/golden/family/" + std::string(member.folder) + "/tensors.json"));
    std::map<std::string, std::vector<size_t>> whole, shortened;
    for (const auto& [name, shape] : shapes.items()) whole[name] = shape.get<std::vector<size_t>>();
    for (const WrittenTensor& tensor : FamilyTensors(member)) shortened[tensor.name] = tensor.shape;
    EXPECT_EQ(shortened, whole) << member.name;
  }
}

#endif  // GEMMA4_SHARED_DIR

}  // namespace
}  // namespace gemma4
