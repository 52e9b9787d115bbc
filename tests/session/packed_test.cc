// Packed files and caches of packed weights: the same bits as without, and nothing half-written,
// stale or damaged is ever used.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "lib/base/hash64.h"
#include "lib/base/mapped_file.h"
#include "lib/checkpoint/packed/packed_file.h"
#include "lib/checkpoint/packed/packed_index.h"
#include "lib/session/memory_estimate.h"
#include "lib/session/packed_cache.h"
#include "lib/transformer/pack_model.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

namespace fs = std::filesystem;

const std::vector<int32_t> kIds = {2, 8, 374, 24, 481, 349, 694};

class PackedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gemma4-packed-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string File(const std::string& name) const { return folder_ + "/" + name; }

  static LoadOptions Options(Arithmetic arithmetic) {
    LoadOptions options;
    options.num_threads = 1;
    options.arithmetic = arithmetic;
    return options;
  }

  static std::vector<float> LogitsOfModel(const ModelPtr& model) {
    auto session = NewSession(model);
    EXPECT_TRUE(session->Prefill(kIds).ok());
    return LogitsOf(*session);
  }

  static Status LoadStatus(const std::string& path, Arithmetic arithmetic = Arithmetic::kAuto) {
    return LoadedModel::LoadFromPath(path, Options(arithmetic)).status();
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  static void WriteFile(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::string folder_;
};

TEST_F(PackedTest, APackedModelGivesTheSameBits) {
  for (Arithmetic arithmetic :
       {Arithmetic::kInt8, Arithmetic::kInt4Rows, Arithmetic::kInt4Blocks, Arithmetic::kAuto}) {
    const LoadOptions options = Options(arithmetic);
    ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m.gemma4"), options).ok());
    const ModelPtr packed = LoadModel(File("m.gemma4"), options);
    const ModelPtr loaded = LoadModel(kDemoModelPath, options);
    EXPECT_EQ(packed->format(), "packed");
    EXPECT_EQ(packed->arithmetic(), loaded->arithmetic());
    EXPECT_EQ(LogitsOfModel(packed), LogitsOfModel(loaded));
    EXPECT_EQ(packed->generation_config().stop_token_ids,
              loaded->generation_config().stop_token_ids);
    EXPECT_EQ(*packed->Encode("Hello, <|turn> world!", {.add_bos = true, .parse_special = true}),
              *loaded->Encode("Hello, <|turn> world!", {.add_bos = true, .parse_special = true}));
    EXPECT_EQ(Files(), std::vector<std::string>{"m.gemma4"});
  }
}

TEST_F(PackedTest, RefusesWhatItIsNotFor) {
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m"), Options(Arithmetic::kInt4Blocks)).ok());
  EXPECT_TRUE(LoadStatus(File("m"), Arithmetic::kAuto).ok());
  EXPECT_TRUE(LoadStatus(File("m"), Arithmetic::kInt4Blocks).ok());
  const Status other = LoadStatus(File("m"), Arithmetic::kInt8);
  EXPECT_EQ(other.code(), StatusCode::kUnsupported);
  EXPECT_NE(other.message().find("int4"), std::string::npos) << other.message();
  EXPECT_EQ(LoadedModel::Pack(File("m"), File("n"), Options(Arithmetic::kAuto)).code(),
            StatusCode::kUnsupported);
  EXPECT_EQ(LoadedModel::Pack(kDemoModelPath, File("n"), Options(Arithmetic::kExact)).code(),
            StatusCode::kUnsupported);
  EXPECT_FALSE(fs::exists(File("n")));
}

// The layout's hash is the index's first field.
TEST_F(PackedTest, RefusesAnotherMachinesLayout) {
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m"), Options(Arithmetic::kAuto)).ok());
  auto mapped = MappedFile::Open(File("m"));
  ASSERT_TRUE(mapped.ok());
  auto index = ReadPackedFile(mapped->bytes());
  ASSERT_TRUE(index.ok());
  PackedLinears packed = TakePackedLinears(*index);
  packed.key.layout_hash += 1;
  auto checkpoint = OpenCheckpoint(kDemoModelPath);
  checkpoint->AttachPacked(std::move(packed), std::move(mapped).value());
  const auto pool = ThreadPool::Create(1).value();
  TransformerOptions options;
  options.thread_pool = pool.get();
  options.arithmetic = Arithmetic::kAuto;
  const Status status = Transformer::Create(*checkpoint, options).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("pack the model again"), std::string::npos) << status.message();
}

TEST_F(PackedTest, RefusesEveryCutAndEveryFlippedBitOfHeaderAndIndex) {
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m"), Options(Arithmetic::kAuto)).ok());
  const std::string whole = ReadFile(File("m"));
  PackedHeader header;
  std::memcpy(&header, whole.data(), sizeof(header));
  for (size_t size : {size_t{0}, size_t{1}, size_t{7}, size_t{64}, size_t{4095}, size_t{4096},
                      whole.size() / 2, whole.size() - 1}) {
    WriteFile(File("cut"), whole.substr(0, size));
    EXPECT_FALSE(LoadStatus(File("cut")).ok()) << size;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string flipped = whole;
    const size_t at = i % 3 == 0 ? random() % sizeof(PackedHeader)
                                 : header.index_offset + random() % header.index_bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random() % 8)));
    const auto bytes = std::as_bytes(std::span(flipped));
    EXPECT_FALSE(IsPackedFile(bytes) && ReadPackedFile(bytes).ok()) << at;
  }
}

TEST_F(PackedTest, VerifyFindsDamagedWeights) {
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m"), Options(Arithmetic::kAuto)).ok());
  std::string whole = ReadFile(File("m"));
  std::vector<std::byte> aligned(whole.size() + 64);
  void* start = aligned.data();
  size_t space = aligned.size();
  std::align(64, whole.size(), start, space);
  const std::span<std::byte> bytes(static_cast<std::byte*>(start), whole.size());
  std::memcpy(bytes.data(), whole.data(), whole.size());
  EXPECT_TRUE(VerifyPackedFile(bytes).ok());
  bytes[kPackedHeaderBytes + 100] ^= std::byte{1};
  EXPECT_EQ(VerifyPackedFile(bytes).code(), StatusCode::kCorrupt);
}

// A file whose index was changed, hashes and all.
template <typename Change>
std::string WithIndex(const std::string& file, Change change) {
  PackedHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  const auto bytes = std::as_bytes(std::span(file));
  PackedIndex index =
      ReadPackedIndex(bytes.subspan(header.index_offset, header.index_bytes)).value();
  change(index);
  const std::vector<std::byte> changed = WritePackedIndex(index);
  header.index_bytes = changed.size();
  header.index_hash = HashOf(changed);
  header.file_bytes = header.index_offset + changed.size();
  header.header_hash =
      HashOf(std::as_bytes(std::span(&header, 1)).first(offsetof(PackedHeader, header_hash)));
  std::string result = file.substr(0, header.index_offset);
  result.replace(0, sizeof(header), reinterpret_cast<const char*>(&header), sizeof(header));
  return result.append(reinterpret_cast<const char*>(changed.data()), changed.size());
}

TEST_F(PackedTest, AnIndexThatNoWriterWroteIsRefused) {
  const std::string path = File("demo.gemma4");
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, path, Options(Arithmetic::kInt8)).ok());
  const std::string good = ReadFile(path);
  const auto message_after = [&](auto change) {
    WriteFile(path, WithIndex(good, change));
    return LoadStatus(path).message();
  };
  EXPECT_EQ(message_after([](PackedIndex&) {}), "");
  EXPECT_NE(message_after([](PackedIndex& index) {
              index.model->vocabulary->unk_token_id = 1 << 30;
            }).find("the id of <unk> is 1073741824"),
            std::string::npos);
  EXPECT_NE(message_after([](PackedIndex& index) {
              index.linears[0].section.offset += 32;
            }).find("not a multiple of 4096"),
            std::string::npos);
  EXPECT_NE(message_after([](PackedIndex& index) {
              PackedTensorEntry entry = index.tensors[0];
              entry.tensor.role = TensorRole::kRouterScale;
              entry.tensor.view.name = "router";
              index.tensors.push_back(entry);
            }).find("tensors that the configuration has no use for (1): router"),
            std::string::npos);
}

TEST_F(PackedTest, OnlyRegularFilesThatTheModelIsNotReadFromAreReplaced) {
  const std::string source = File("model.gguf");
  fs::copy_file(GEMMA4_TEST_DATA_DIR "/golden/gguf/demo-Q4_0.gguf", source);
  const std::string before = ReadFile(source);
  const auto pack = [&](const std::string& out) {
    return LoadedModel::Pack(source, out, Options(Arithmetic::kAuto));
  };
  EXPECT_EQ(pack(source).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(source), before);
  const std::string fifo = File("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& out : {fifo, folder_, std::string()}) {
    EXPECT_EQ(pack(out).code(), StatusCode::kInvalidArgument) << out;
  }
  EXPECT_EQ(LoadStatus(fifo).code(), StatusCode::kIo);  // and does not wait for a writer
}

// There is no time of modification: the content alone tells two models apart.
TEST_F(PackedTest, ACacheKnowsModelsInMemoryByAllOfTheirBytes) {
  std::string bytes = ReadFile(GEMMA4_TEST_DATA_DIR "/golden/gguf/demo-Q4_0.gguf");
  const auto logits = [&](const std::string& cache_folder) {
    const MemoryFile file{"demo.gguf", std::as_bytes(std::span(bytes))};
    LoadOptions options = Options(Arithmetic::kAuto);
    options.cache_folder = cache_folder;
    auto model = LoadedModel::LoadFromMemory({&file, 1}, options);
    EXPECT_TRUE(model.ok()) << model.status().message();
    return LogitsOfModel(*model);
  };
  const std::vector<float> first = logits(folder_);
  for (size_t i = 0; i < 2000; ++i) bytes[bytes.size() - 100000 + i * 18] ^= 1;
  const std::vector<float> changed = logits("");
  EXPECT_NE(first, changed);
  EXPECT_EQ(logits(folder_), changed);
}

TEST_F(PackedTest, LoadsFromADescriptorAndFromAReader) {
  const LoadOptions options = Options(Arithmetic::kAuto);
  ASSERT_TRUE(LoadedModel::Pack(kDemoModelPath, File("m"), options).ok());
  const std::string whole = ReadFile(File("m"));
  const auto expected = LogitsOfModel(LoadModel(File("m"), options));
  WriteFile(File("archive"), std::string(64 * 77, 'x') + whole + "more");

  const int descriptor = open(File("archive").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const auto mapped = LoadedModel::LoadFromDescriptor(descriptor, 64 * 77, whole.size(), options);
  ASSERT_TRUE(mapped.ok()) << mapped.status().message();
  EXPECT_EQ(LoadedModel::LoadFromDescriptor(descriptor, 64 * 77, 2 * whole.size(), options)
                .status()
                .code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(LoadedModel::LoadFromDescriptor(descriptor, 0, 0, options).status().code(),
            StatusCode::kUnsupported);
  close(descriptor);
  EXPECT_EQ(LogitsOfModel(*mapped), expected);

  const auto read = [&](uint64_t offset, std::span<std::byte> piece) {
    std::memcpy(piece.data(), whole.data() + offset, piece.size());
    return true;
  };
  const auto from_reader = LoadedModel::LoadFromReader(whole.size(), read, options);
  ASSERT_TRUE(from_reader.ok()) << from_reader.status().message();
  EXPECT_EQ(LogitsOfModel(*from_reader), expected);
  const auto fails = [](uint64_t, std::span<std::byte>) { return false; };
  EXPECT_EQ(LoadedModel::LoadFromReader(whole.size(), fails, options).status().code(),
            StatusCode::kIo);
}

// ---- Cache folder -------------------------------------------------------------------------------

TEST_F(PackedTest, ACacheIsMadeOnceAndUsedAfterwards) {
  LoadOptions options = Options(Arithmetic::kAuto);
  const auto expected = LogitsOfModel(LoadModel(kDemoModelPath, options));
  options.cache_folder = folder_;
  EXPECT_EQ(LogitsOfModel(LoadModel(kDemoModelPath, options)), expected);
  ASSERT_EQ(Files().size(), 1u);
  const std::string cache = File(Files()[0]);
  const auto made = fs::last_write_time(cache);
  EXPECT_EQ(LogitsOfModel(LoadModel(kDemoModelPath, options)), expected);
  EXPECT_EQ(fs::last_write_time(cache), made);
  EXPECT_EQ(LoadStatus(cache).code(), StatusCode::kUnsupported);  // no whole model

  // Another arithmetic has a file of its own.
  options.arithmetic = Arithmetic::kInt4Blocks;
  EXPECT_NE(LogitsOfModel(LoadModel(kDemoModelPath, options)), expected);
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(PackedTest, ADamagedCacheIsMadeAgain) {
  LoadOptions options = Options(Arithmetic::kAuto);
  const auto expected = LogitsOfModel(LoadModel(kDemoModelPath, options));
  options.cache_folder = folder_;
  LoadModel(kDemoModelPath, options);
  const std::string cache = File(Files().at(0));
  const std::string whole = ReadFile(cache);
  for (const std::string& damaged :
       {whole.substr(0, whole.size() / 2), std::string("rubbish"), std::string()}) {
    fs::remove(cache);
    WriteFile(cache, damaged);
    EXPECT_EQ(LogitsOfModel(LoadModel(kDemoModelPath, options)), expected);
    EXPECT_EQ(ReadFile(cache), whole);
    EXPECT_EQ(Files().size(), 1u);
  }
}

TEST_F(PackedTest, ACacheOfAnOlderCheckpointIsMadeAgain) {
  fs::create_directory(File("model"));
  for (const auto& entry : fs::directory_iterator(kDemoModelPath)) {
    fs::copy(entry.path(), File("model"));
  }
  fs::create_directory(File("cache"));
  LoadOptions options = Options(Arithmetic::kAuto);
  options.cache_folder = File("cache");
  LoadModel(File("model"), options);
  // One byte in the middle of a tensor, where no sample lies.
  std::fstream weights(File("model/model.safetensors"),
                       std::ios::binary | std::ios::in | std::ios::out);
  weights.seekp(static_cast<std::streamoff>(fs::file_size(File("model/model.safetensors")) - 777));
  weights.put('\x11');
  weights.close();
  EXPECT_EQ(LogitsOfModel(LoadModel(File("model"), options)),
            LogitsOfModel(LoadModel(File("model"), Options(Arithmetic::kAuto))));
}

TEST_F(PackedTest, FoldersThatCannotBeWrittenAreNamed) {
  LoadOptions options = Options(Arithmetic::kAuto);
  options.cache_folder = File("missing");
  Status status = LoadedModel::LoadFromPath(kDemoModelPath, options).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("missing"), std::string::npos);
  status = LoadedModel::Pack(kDemoModelPath, File("missing/m"), Options(Arithmetic::kAuto));
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_NE(status.message().find("missing/m"), std::string::npos) << status.message();
  // Root may write anywhere, but not into /proc.
  options.cache_folder = "/proc";
  EXPECT_EQ(LoadedModel::LoadFromPath(kDemoModelPath, options).status().code(), StatusCode::kIo);
}

TEST_F(PackedTest, AFullDiskLeavesNothingBehind) {
  fs::create_directory(File("small"));
  if (mount("none", File("small").c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting a small file system takes root";
  }
  const Status status =
      LoadedModel::Pack(kDemoModelPath, File("small/m"), Options(Arithmetic::kAuto));
  const bool is_empty = fs::is_empty(File("small"));
  umount(File("small").c_str());
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_NE(status.message().find("No space"), std::string::npos) << status.message();
  EXPECT_TRUE(is_empty);
}

// A child packs again and again, and is killed at any moment: what lies there is whole, always.
TEST_F(PackedTest, KilledAtAnyMomentItLosesNothing) {
  LoadOptions options = Options(Arithmetic::kInt4Blocks);
  const auto expected = LogitsOfModel(LoadModel(kDemoModelPath, options));
  const auto pack = [&] {
    const auto checkpoint = OpenCheckpoint(kDemoModelPath);
    PackOptions pack_options;
    pack_options.arithmetic = Arithmetic::kInt4Blocks;
    return PackModel(*checkpoint, File("m"), pack_options).ok();
  };
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(pack());
  const auto pack_us = static_cast<unsigned>(std::chrono::duration_cast<std::chrono::microseconds>(
                                                 std::chrono::steady_clock::now() - begin)
                                                 .count());
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (;;) {
        if (!pack()) _exit(1);
      }
    }
    usleep(static_cast<useconds_t>(random() % (2 * pack_us)));
    kill(child, SIGKILL);
    int exit_status = 0;
    waitpid(child, &exit_status, 0);
    EXPECT_TRUE(WIFSIGNALED(exit_status));
    auto file = MappedFile::Open(File("m"));
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(VerifyPackedFile(file->bytes()).ok());
    // Only where a kill came between the two names of a finished file is there another one.
    EXPECT_LE(Files().size(), 2u);
    for (const std::string& name : Files()) {
      if (name != "m") fs::remove(File(name));
    }
  }
  EXPECT_EQ(LogitsOfModel(LoadModel(File("m"), Options(Arithmetic::kAuto))), expected);

  // The same for a load that fills a cache.
  options.cache_folder = folder_;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto checkpoint = OpenCheckpoint(kDemoModelPath);
      PackOptions pack_options;
      pack_options.arithmetic = Arithmetic::kInt4Blocks;
      _exit(AttachCachedWeights(folder_, pack_options, *checkpoint).ok() ? 0 : 1);
    }
    usleep(static_cast<useconds_t>(random() % pack_us));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_EQ(LogitsOfModel(LoadModel(kDemoModelPath, options)), expected);
    for (const std::string& name : Files()) fs::remove(File(name));
  }
}

// ---- Budget -------------------------------------------------------------------------------------

TEST_F(PackedTest, TheBudgetRefusesBeforeMemoryIsTaken) {
  const auto checkpoint = OpenCheckpoint(kDemoModelPath);
  LoadOptions options = Options(Arithmetic::kAuto);
  const auto model_needs = EstimateModelMemory(*checkpoint, options);
  ASSERT_TRUE(model_needs.ok());
  options.memory_budget_bytes = model_needs->resident_bytes() - 1;
  const Status status = LoadedModel::LoadFromPath(kDemoModelPath, options).status();
  EXPECT_EQ(status.code(), StatusCode::kMemoryBudget);
  EXPECT_NE(status.message().find(std::to_string(options.memory_budget_bytes)), std::string::npos);

  const uint64_t session_needs =
      EstimateSessionMemory(checkpoint->config(), 1000, 512, KvType::kF16);
  options.memory_budget_bytes = model_needs->resident_bytes() + 2 * session_needs;
  const ModelPtr model = LoadModel(kDemoModelPath, options);
  SessionOptions session_options;
  session_options.max_context_tokens = 1000;
  auto first = Session::Create(model, session_options);
  auto second = Session::Create(model, session_options);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(Session::Create(model, session_options).status().code(), StatusCode::kMemoryBudget);
  first = Status::Internal("freed");
  EXPECT_TRUE(Session::Create(model, session_options).ok());
}

}  // namespace
}  // namespace gemma4
