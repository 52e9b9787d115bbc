#include "lib/checkpoint/open_checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

namespace fs = std::filesystem;

const std::string kGolden = GEMMA4_TEST_DATA_DIR "/golden/text/";

// A folder of its own, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = fs::path(testing::TempDir()) /
            (std::string("gemma4_open_checkpoint_") +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~TemporaryFolder() { fs::remove_all(path_); }

  std::string path() const { return path_.string(); }
  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

TEST(OpenCheckpointTest, OpensEveryTextReference) {
  for (const char* name :
       {"e2b", "e4b", "12b", "31b", "26b-a4b", "odd", "ple-no-sharing", "untied-f32"}) {
    SCOPED_TRACE(name);
    const auto from_folder = OpenCheckpoint(kGolden + name);
    ASSERT_TRUE(from_folder.ok()) << from_folder.status().message();
    const FileSet files = FileSet::ReadGolden(name);
    const auto from_memory = files.Open();
    ASSERT_TRUE(from_memory.ok()) << from_memory.status().message();
    EXPECT_EQ(from_folder->format(), "safetensors");
    EXPECT_FALSE(from_folder->vocabulary().has_value());

    const auto a = from_folder->tensors(), b = from_memory->tensors();
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].view.name, b[i].view.name);
      EXPECT_TRUE(i == 0 || a[i - 1].view.name < a[i].view.name);
      EXPECT_TRUE(std::equal(a[i].view.data.begin(), a[i].view.data.end(), b[i].view.data.begin(),
                             b[i].view.data.end()));
    }
    for (const ExpectedTensor& expected : ExpectedTensors(from_folder->config())) {
      const TensorView* tensor = from_folder->Find(expected.role, expected.layer);
      ASSERT_NE(tensor, nullptr);
      EXPECT_EQ(tensor->shape, expected.shape);
    }
  }
}

TEST(OpenCheckpointTest, FindStaysValidWhenTheCheckpointMoves) {
  auto opened = OpenCheckpoint(kGolden + "odd");
  const TensorView* before = opened->Find(TensorRole::kQProj, 1);
  const Checkpoint checkpoint = std::move(opened).value();
  EXPECT_EQ(checkpoint.Find(TensorRole::kQProj, 1), before);
  EXPECT_EQ(before->name, "model.layers.1.self_attn.q_proj.weight");
  EXPECT_EQ(checkpoint.Find(TensorRole::kLmHead), nullptr);
  EXPECT_EQ(checkpoint.Find(TensorRole::kQProj, 1000), nullptr);
}

TEST(OpenCheckpointTest, TellsUsedDeadAndSetAsideApart) {
  const Checkpoint checkpoint = OpenCheckpoint(kGolden + "e2b").value();
  std::vector<std::string> dead, set_aside;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (tensor.use == TensorUse::kDead) dead.push_back(tensor.view.name);
    if (tensor.use == TensorUse::kSetAside) set_aside.push_back(tensor.view.name);
  }
  // Five sharing layers with k_proj, v_proj and k_norm.
  EXPECT_EQ(dead.size(), 15u);
  EXPECT_EQ(dead.front(), "model.language_model.layers.5.self_attn.k_norm.weight");
  EXPECT_EQ(set_aside,
            (std::vector<std::string>{"model.embed_vision.embedding_projection.weight",
                                      "model.vision_tower.patch_embedder.input_proj.weight"}));
}

TEST(OpenCheckpointTest, OpensTheFolderOfAWeightFile) {
  EXPECT_TRUE(OpenCheckpoint(kGolden + "odd/model.safetensors").ok());
  // One shard stands for all of them.
  const auto shards = OpenCheckpoint(kGolden + "e4b/model-00002-of-00003.safetensors");
  ASSERT_TRUE(shards.ok()) << shards.status().message();
  EXPECT_EQ(shards->tensors().size(), 211u);
}

TEST(OpenCheckpointTest, OpensASingleFileOfAnotherName) {
  FileSet files = FileSet::ReadGolden("odd");
  TemporaryFolder folder;
  folder.Write("config.json", files["config.json"]);
  const std::string path = folder.Write("odd.safetensors", files["model.safetensors"]);
  EXPECT_TRUE(OpenCheckpoint(path).ok());
  EXPECT_EQ(OpenCheckpoint(folder.path()).status().code(), StatusCode::kNotFound);
}

TEST(OpenCheckpointTest, ReadsTheDemoModelWithItsTokenizer) {
  const std::string path = GEMMA4_SOURCE_DIR "/tools/demo_model";
  if (!fs::exists(path + "/model.safetensors")) GTEST_SKIP() << "no demo model";
  const auto checkpoint = OpenCheckpoint(path);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  ASSERT_TRUE(checkpoint->vocabulary().has_value());
  EXPECT_EQ(checkpoint->vocabulary()->pieces.size(), 2048u);
  EXPECT_EQ(checkpoint->generation_config().stop_token_ids, (std::vector<int32_t>{1, 9, 19}));
  EXPECT_TRUE(checkpoint->generation_config().do_sample);
}

// ---- What files beside the weights do -----------------------------------------------------------

TEST(OpenCheckpointTest, StopIdsComeFromGenerationConfigElseFromConfig) {
  FileSet files = FileSet::ReadGolden("e2b");
  EXPECT_EQ(files.Open()->generation_config().stop_token_ids, (std::vector<int32_t>{1, 9}));
  EXPECT_FALSE(files.Open()->generation_config().do_sample);
  files["generation_config.json"] =
      R"({"eos_token_id": [1, 50, 256], "suppress_tokens": [255, 256], "do_sample": true})";
  const Checkpoint checkpoint = files.Open().value();
  // Ids outside the 256 of this model can be neither made nor suppressed.
  EXPECT_EQ(checkpoint.generation_config().stop_token_ids, (std::vector<int32_t>{1, 50}));
  EXPECT_EQ(checkpoint.generation_config().suppress_token_ids, (std::vector<int32_t>{255}));
  EXPECT_TRUE(checkpoint.generation_config().do_sample);
}

// untied-f32 with a vocabulary as large as the demo tokenizer's.
FileSet ModelForTheDemoTokenizer() {
  FileSet files;
  files["config.json"] = R"({"model_type": "gemma4_text", "vocab_size": 2048, "hidden_size": 2,
      "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 2,
      "global_head_dim": 2, "intermediate_size": 2, "hidden_size_per_layer_input": 0})";
  const std::string layer = "model.layers.0.";
  files["model.safetensors"] = MakeSafetensors({
      {"model.embed_tokens.weight", {2048, 2}},
      {"model.norm.weight", {2}},
      {layer + "input_layernorm.weight", {2}},
      {layer + "post_attention_layernorm.weight", {2}},
      {layer + "pre_feedforward_layernorm.weight", {2}},
      {layer + "post_feedforward_layernorm.weight", {2}},
      {layer + "self_attn.q_proj.weight", {2, 2}},
      {layer + "self_attn.k_proj.weight", {2, 2}},
      {layer + "self_attn.v_proj.weight", {2, 2}},
      {layer + "self_attn.o_proj.weight", {2, 2}},
      {layer + "self_attn.q_norm.weight", {2}},
      {layer + "self_attn.k_norm.weight", {2}},
      {layer + "mlp.gate_proj.weight", {2, 2}},
      {layer + "mlp.up_proj.weight", {2, 2}},
      {layer + "mlp.down_proj.weight", {2, 2}},
      {layer + "layer_scalar", {1}},
  });
  return files;
}

TEST(OpenCheckpointTest, PrefersTokenizerJson) {
  const std::string folder = GEMMA4_TEST_DATA_DIR "/golden/tokenizer/";
  FileSet files = ModelForTheDemoTokenizer();
  files["tokenizer.model"] = ReadWholeFile(folder + "tokenizer.model");
  const auto with_model = files.Open();
  ASSERT_TRUE(with_model.ok()) << with_model.status().message();
  EXPECT_EQ(with_model->vocabulary()->pieces.back().score, -1765.0f);
  files["tokenizer.json"] = ReadWholeFile(folder + "tokenizer.json");
  // No merge makes "~": it scores below all 2,227 of them.
  EXPECT_EQ(files.Open()->vocabulary()->pieces.back().score, -2228.0f);
}

TEST(OpenCheckpointTest, TheTokenizerMustFitTheModel) {
  FileSet files = ModelForTheDemoTokenizer();
  files["tokenizer.json"] = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/tokenizer/tokenizer.json");
  const std::string config = files["config.json"];
  files["config.json"] = Replaced(config, "\"hidden_size\": 2",
                                  "\"bos_token_id\": 7, "
                                  "\"hidden_size\": 2");
  EXPECT_EQ(files.Open().status().message(),
            "tokenizer.json: has <bos> at id 2; the model's bos_token_id is 7");

  FileSet small = FileSet::ReadGolden("odd");
  small["tokenizer.json"] = files["tokenizer.json"];
  EXPECT_EQ(small.Open().status().message(),
            "tokenizer.json: has 2048 pieces; the model has embeddings for vocab_size, 201");
}

// ---- Tensors that do not fit --------------------------------------------------------------------

TEST(OpenCheckpointTest, NamesMissingTensors) {
  FileSet files = FileSet::ReadGolden("odd");
  const std::string config = files["config.json"];
  files["config.json"] =
      Replaced(config, "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
  const Status one = files.Open().status();
  EXPECT_EQ(one.code(), StatusCode::kCorrupt);
  EXPECT_EQ(one.message(), "missing tensors (1): lm_head.weight [201, 52]");

  FileSet empty;
  empty["config.json"] = config;
  empty["model.safetensors"] = MakeSafetensors({{"model.norm.weight", {52}}});
  EXPECT_EQ(empty.Open().status().message(),
            "missing tensors (131): model.embed_tokens.weight [201, 52], "
            "model.embed_tokens_per_layer.weight [201, 80], "
            "model.per_layer_model_projection.weight [80, 52] and 128 more");
}

TEST(OpenCheckpointTest, NamesWrongShapes) {
  FileSet files = FileSet::ReadGolden("odd");
  files["config.json"] =
      Replaced(files["config.json"], "\"intermediate_size\": 74", "\"intermediate_size\": 75");
  EXPECT_EQ(files.Open().status().message(),
            "tensors of another shape than the configuration gives them (24): "
            "model.layers.0.mlp.gate_proj.weight is [74, 52], expected [75, 52], "
            "model.layers.0.mlp.up_proj.weight is [74, 52], expected [75, 52], "
            "model.layers.0.mlp.down_proj.weight is [52, 74], expected [52, 75] and 21 more");
}

TEST(OpenCheckpointTest, NamesUnknownTensors) {
  FileSet files = FileSet::ReadGolden("odd");
  std::string weights = files["model.safetensors"];
  // Same length, so that the header's offsets stay as they are.
  weights = Replaced(weights, "model.layers.0.mlp.up_proj", "model.layers.0.mlp.xx_proj");
  files["model.safetensors"] = Replaced(weights, "model.norm.weight", "modelxnorm.weight");
  EXPECT_EQ(files.Open().status().message(),
            "tensors that are not part of a Gemma 4 (2): model.layers.0.mlp.xx_proj.weight, "
            "modelxnorm.weight");
}

// Replaces part of a header by something shorter, padded so that every offset stays as it is.
std::string ReplacedAndPadded(const std::string& file, const std::string& from, std::string to) {
  EXPECT_GE(from.size(), to.size());
  to.append(from.size() - to.size(), ' ');
  return Replaced(file, from, to);
}

TEST(OpenCheckpointTest, NamesATensorThatIsThereUnderTwoNames) {
  FileSet files = ModelForTheDemoTokenizer();
  std::string& weights = files["model.safetensors"];
  weights = ReplacedAndPadded(weights, "\"model.layers.0.post_feedforward_layernorm.weight\"",
                              "\"language_model.layers.0.input_layernorm.weight\"");
  EXPECT_EQ(files.Open().status().message(),
            "tensors language_model.layers.0.input_layernorm.weight and "
            "model.layers.0.input_layernorm.weight are the same part of the model");
}

TEST(OpenCheckpointTest, RefusesWeightsThatAreNotFloats) {
  FileSet files = ModelForTheDemoTokenizer();
  std::string& weights = files["model.safetensors"];
  weights = ReplacedAndPadded(weights, "\"model.norm.weight\":{\"dtype\":\"BF16\",\"shape\":[2]",
                              "\"model.norm.weight\":{\"dtype\":\"I8\",\"shape\":[4]");
  EXPECT_EQ(files.Open().status().message(),
            "model.safetensors: tensor model.norm.weight is stored as I8; BF16, F16 and F32 are "
            "supported");
}

// ---- Shards -------------------------------------------------------------------------------------

TEST(OpenCheckpointTest, NamesAMissingShard) {
  FileSet files = FileSet::ReadGolden("e4b");
  files.files.erase("model-00002-of-00003.safetensors");
  const Status status = files.Open().status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(
      status.message(),
      "model.safetensors.index.json lists the file model-00002-of-00003.safetensors, which is "
      "not there");
}

TEST(OpenCheckpointTest, NamesATensorThatIsInAnotherShard) {
  FileSet files = FileSet::ReadGolden("e4b");
  files["model.safetensors.index.json"] =
      Replaced(files["model.safetensors.index.json"],
               "\"model.language_model.embed_tokens.weight\": \"model-00001",
               "\"model.language_model.embed_tokens.weight\": \"model-00002");
  EXPECT_EQ(
      files.Open().status().message(),
      "model-00001-of-00003.safetensors: holds tensor "
      "model.language_model.embed_tokens.weight, which model.safetensors.index.json puts into "
      "model-00002-of-00003.safetensors");
}

TEST(OpenCheckpointTest, NamesTensorsThatTheIndexListsInVainOrNotAtAll) {
  FileSet files = FileSet::ReadGolden("e4b");
  const std::string index = files["model.safetensors.index.json"];
  files["model.safetensors.index.json"] =
      Replaced(index, "\"model.language_model.embed_tokens.weight\"",
               "\"model.language_model.extra.weight\": \"model-00001-of-00003.safetensors\", "
               "\"model.language_model.embed_tokens.weight\"");
  EXPECT_EQ(files.Open().status().message(),
            "model.safetensors.index.json lists tensors that are not in their files (1): "
            "model.language_model.extra.weight (in model-00001-of-00003.safetensors)");
  files["model.safetensors.index.json"] = Replaced(index, "\"model.language_model.norm.weight\"",
                                                   "\"model.language_model.other.weight\"");
  EXPECT_EQ(
      files.Open().status().message(),
      "model-00003-of-00003.safetensors: holds tensor model.language_model.norm.weight, which "
      "model.safetensors.index.json does not list");
}

// ---- What is no checkpoint ----------------------------------------------------------------------

TEST(OpenCheckpointTest, SaysWhatAPathIs) {
  TemporaryFolder folder;
  const auto message_of = [](const std::string& path) {
    const Status status = OpenCheckpoint(path).status();
    EXPECT_TRUE(status.message().starts_with(path + ": ")) << status.message();
    return status.message().substr(std::min(path.size() + 2, status.message().size()));
  };
  EXPECT_EQ(OpenCheckpoint("").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(message_of(folder.path() + "/nothing"), "no such file or folder");
  EXPECT_EQ(message_of(folder.path()),
            "has no config.json: not a checkpoint as Hugging Face publishes it");
  constexpr const char* kWanted =
      "; a GGUF file, a packed file, a folder as Hugging Face publishes it, or a .safetensors file "
      "in one is supported";
  EXPECT_EQ(message_of(folder.Write("a.gguf", "GGUF\3")),
            "the version at byte 4 needs 4 bytes; the file has 1 left");
  EXPECT_EQ(message_of(folder.Write("a.litertlm", "LITERTLM")),
            std::string("is a LiteRT-LM bundle") + kWanted);
  EXPECT_EQ(message_of(folder.Write("a.txt", "hello")),
            std::string("is of no kind that this version knows") + kWanted);
  EXPECT_EQ(message_of(folder.Write("b.gguf", "")), std::string("is an empty file") + kWanted);
  EXPECT_EQ(message_of(folder.path()),
            "has no config.json, but a GGUF file: give the path of that file");
  EXPECT_EQ(OpenCheckpoint(folder.path()).status().code(), StatusCode::kNotFound);
  folder.Write("config.json", R"({"model_type": "gemma3"})");
  EXPECT_EQ(
      message_of(folder.path()),
      "config.json: model_type \"gemma3\" is a Gemma 3 model, another architecture than Gemma "
      "4; gemma4, gemma4_text, gemma4_unified and gemma4_unified_text are supported");
}

TEST(OpenCheckpointTest, SaysWhichFileIsMissingInMemory) {
  FileSet files = FileSet::ReadGolden("odd");
  files.files.erase("model.safetensors");
  EXPECT_EQ(files.Open().status().message(),
            "has no model.safetensors or model.safetensors.index.json: not a checkpoint as Hugging "
            "Face publishes it");
  FileSet gguf;
  gguf["demo.gguf"] = "GGUF\3";
  EXPECT_EQ(gguf.Open().status().code(), StatusCode::kCorrupt);
}

}  // namespace
}  // namespace gemma4
