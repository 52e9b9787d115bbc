#include "lib/session/loaded_model.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "lib/session/session.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

// The demo model's files, to be changed and loaded from memory.
class FilesInMemory {
 public:
  FilesInMemory() {
    for (const auto& entry : std::filesystem::directory_iterator(kDemoModelPath)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".json") && !name.ends_with(".safetensors")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files_[name] = std::string(std::istreambuf_iterator<char>(file), {});
    }
  }

  std::string& operator[](const std::string& name) { return files_.at(name); }

  void Replace(const std::string& name, const std::string& from, const std::string& to) {
    const size_t at = files_.at(name).find(from);
    ASSERT_NE(at, std::string::npos) << from;
    files_.at(name).replace(at, from.size(), to);
  }

  StatusOr<ModelPtr> Load(const LoadOptions& options = {}) const {
    std::vector<MemoryFile> files;
    for (const auto& [name, bytes] : files_) {
      files.push_back({name, std::as_bytes(std::span(bytes))});
    }
    return LoadedModel::LoadFromMemory(files, options);
  }

 private:
  std::map<std::string, std::string> files_;
};

TEST(LoadedModelTest, SaysWhatItIs) {
  LoadOptions options;
  options.num_threads = 2;
  options.prefill_chunk_tokens = 33;
  options.arithmetic = Arithmetic::kExact;
  const ModelPtr model = LoadModel(kDemoModelPath, options);
  EXPECT_EQ(model->format(), "safetensors");
  EXPECT_EQ(model->config().vocab_size, 2048u);
  EXPECT_EQ(model->num_threads(), 2u);
  EXPECT_EQ(model->prefill_chunk_tokens(), 33u);
  EXPECT_EQ(model->arithmetic(), Arithmetic::kExact);
  EXPECT_NE(model->tokenizer(), nullptr);
}

// generation_config.json: do_sample, temperature 1.0, top_k 64, top_p 0.95.
TEST(LoadedModelTest, SamplesAsTheModelsFilesSay) {
  const SamplerOptions options = DemoModel()->DefaultSamplerOptions();
  EXPECT_EQ(options.temperature, 1.0f);
  EXPECT_EQ(options.top_k, 64u);
  EXPECT_EQ(options.top_p, 0.95f);
  EXPECT_EQ(options.seed, 0u);

  FilesInMemory files;
  files.Replace("generation_config.json", "\"do_sample\": true", "\"do_sample\": false");
  const auto greedy = files.Load();
  ASSERT_TRUE(greedy.ok()) << greedy.status().message();
  EXPECT_EQ((*greedy)->DefaultSamplerOptions().temperature, 0.0f);
}

TEST(LoadedModelTest, FromMemoryItGivesTheSameBits) {
  auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->Prefill(std::vector<int32_t>{2, 100, 200}).ok());
  for (bool copy_files : {false, true}) {
    FilesInMemory files;
    LoadOptions options;
    options.copy_files = copy_files;
    const auto model = files.Load(options);
    ASSERT_TRUE(model.ok()) << model.status().message();
    if (copy_files) {
      for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
        std::memset(files[name].data(), 0xee, files[name].size());
      }
    }
    auto other = NewSession(*model);
    ASSERT_TRUE(other->Prefill(std::vector<int32_t>{2, 100, 200}).ok());
    EXPECT_EQ(LogitsOf(*session), LogitsOf(*other));
  }
}

TEST(LoadedModelTest, RefusesOptionsOutOfRange) {
  const auto code = [](const LoadOptions& options) {
    return LoadedModel::LoadFromPath(kDemoModelPath, options).status().code();
  };
  LoadOptions options;
  options.prefill_chunk_tokens = 0;
  EXPECT_EQ(code(options), StatusCode::kInvalidArgument);
  options.prefill_chunk_tokens = kMaxPrefillChunkTokens + 1;
  EXPECT_EQ(code(options), StatusCode::kInvalidArgument);
  options = LoadOptions();
  options.num_threads = kMaxThreads + 1;
  EXPECT_EQ(code(options), StatusCode::kInvalidArgument);
}

TEST(LoadedModelTest, AReadersSizeIsCheckedBeforeItIsRead) {
  const auto never = [](uint64_t, std::span<std::byte>) {
    ADD_FAILURE() << "was read";
    return false;
  };
  for (uint64_t size : {UINT64_MAX, UINT64_MAX - 4095, UINT64_MAX / 2 + 1}) {
    EXPECT_EQ(LoadedModel::LoadFromReader(size, never, {}).status().code(),
              StatusCode::kInvalidArgument);
  }
  LoadOptions options;
  options.memory_budget_bytes = 1000;
  EXPECT_EQ(LoadedModel::LoadFromReader(1001, never, options).status().code(),
            StatusCode::kMemoryBudget);
}

TEST(LoadedModelTest, CancelAndProgressEndTheLoad) {
  CancelFlag cancel;
  cancel.Set();
  LoadOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(LoadedModel::LoadFromPath(kDemoModelPath, options).status().code(),
            StatusCode::kCancelled);

  // Set half-way, by the progress callback itself.
  cancel.Clear();
  uint64_t last_done = 0;
  options.progress = [&](uint64_t done_bytes, uint64_t total_bytes) {
    EXPECT_GE(done_bytes, last_done);
    EXPECT_LE(done_bytes, total_bytes);
    last_done = done_bytes;
    if (done_bytes > total_bytes / 2) cancel.Set();
    return 0;
  };
  EXPECT_EQ(LoadedModel::LoadFromPath(kDemoModelPath, options).status().code(),
            StatusCode::kCancelled);
  EXPECT_GT(last_done, 0u);

  options = LoadOptions();
  options.progress = [](uint64_t done_bytes, uint64_t) { return done_bytes > 0 ? 1 : 0; };
  EXPECT_EQ(LoadedModel::LoadFromPath(kDemoModelPath, options).status().code(),
            StatusCode::kStopped);
}

// Sets all of a tensor to NaN.
void FillWithNan(FilesInMemory& files, const std::string& name) {
  std::string& weights = files["model.safetensors"];
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, weights.data(), sizeof(header_bytes));
  const std::string offsets_key = "\"data_offsets\":[";
  const size_t at = weights.find(offsets_key, weights.find("\"" + name + "\""));
  ASSERT_NE(at, std::string::npos);
  size_t end_of_number = 0;
  const std::string offsets = weights.substr(at + offsets_key.size(), 40);
  const size_t begin = std::stoull(offsets, &end_of_number);
  const size_t end = std::stoull(offsets.substr(end_of_number + 1));
  std::memset(weights.data() + sizeof(header_bytes) + header_bytes + begin, 0xff, end - begin);
}

// int8 has no NaN: such weights would silently become zeros.
TEST(LoadedModelTest, RefusesWeightsThatAreNotNumbers) {
  for (const char* name : {"model.norm.weight", "model.layers.3.mlp.up_proj.weight",
                           "model.layers.1.layer_scalar", "model.embed_tokens.weight"}) {
    for (Arithmetic arithmetic : {Arithmetic::kExact, Arithmetic::kInt8}) {
      FilesInMemory files;
      FillWithNan(files, name);
      LoadOptions options;
      options.arithmetic = arithmetic;
      const Status status = files.Load(options).status();
      EXPECT_EQ(status.code(), StatusCode::kCorrupt) << name;
      EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
    }
  }
}

// Tables stay in the file unread, so that what they hold shows only in use: an error of the step,
// and a session that says why it stopped. In exact arithmetic, because int8 activations cannot say
// NaN.
TEST(LoadedModelTest, NotANumberPoisonsASessionUntilItIsReset) {
  FilesInMemory files;
  FillWithNan(files, "model.embed_tokens_per_layer.weight");
  LoadOptions options;
  options.arithmetic = Arithmetic::kExact;
  const auto model = files.Load(options);
  ASSERT_TRUE(model.ok()) << model.status().message();

  auto session = NewSession(*model);
  Event event;
  ASSERT_TRUE(session->Prefill(std::vector<int32_t>{2, 100}).ok());
  EXPECT_EQ(session->Step({}, &event).code(), StatusCode::kInternal);
  EXPECT_EQ(event.kind, EventKind::kNone);
  for (const Status& status :
       {session->Step({}, &event), session->AppendIds({}), session->Prefill({}),
        session->AddUserText("Hi"), session->Logits().status()}) {
    EXPECT_EQ(status.code(), StatusCode::kState);
    EXPECT_NE(status.message().find("poisoned"), std::string::npos) << status.message();
  }
  ASSERT_TRUE(session->Reset().ok());
  EXPECT_TRUE(session->AppendIds(std::vector<int32_t>{2}).ok());
}

}  // namespace
}  // namespace gemma4
