// Damaged checkpoints: every cut and thousands of changed bytes end in an error that says
// something, or in a good load; never in a crash, and never in more memory than the file's size
// and 16 MiB.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/checkpoint/safetensors/safetensors_index.h"
#include "tests/checkpoint/allocation_tracker.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxExtraBytes = size_t{16} << 20;

// Opens the files and holds the result to the rules. Returns whether they loaded.
bool OpenSafely(const FileSet& files) {
  const AllocationTracker tracker;
  const auto checkpoint = files.Open();
  EXPECT_LE(tracker.peak_bytes(), files.size_bytes() + kMaxExtraBytes);
  if (checkpoint.ok()) {
    EXPECT_TRUE(checkpoint->config().Validate().ok());
    return true;
  }
  const Status& status = checkpoint.status();
  EXPECT_TRUE(status.code() == StatusCode::kCorrupt || status.code() == StatusCode::kUnsupported ||
              status.code() == StatusCode::kNotFound)
      << StatusCodeName(status.code());
  EXPECT_GT(status.message().size(), 10u);
  EXPECT_LT(status.message().size(), 2000u);
  for (const char c : status.message()) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20) << status.message();
  }
  return false;
}

size_t HeaderEnd(const std::string& file) {
  size_t size = 0;
  for (size_t i = 0; i < 8; ++i) size |= size_t{static_cast<unsigned char>(file[i])} << (8 * i);
  return 8 + size;
}

// Gives every cut of a text that ends in a brace to its parser.
template <typename Parse>
void ExpectCutsFail(Parse parse, const std::string& text) {
  const size_t end = text.find_last_of('}') + 1;  // white space may follow it
  for (size_t size = 0; size < end && !testing::Test::HasFailure(); ++size) {
    const std::string cut = text.substr(0, size);  // a copy, so that a read past its end shows
    const AllocationTracker tracker;
    EXPECT_FALSE(parse(BytesOf(cut)).ok()) << size;
    EXPECT_LE(tracker.peak_bytes(), size + kMaxExtraBytes);
  }
}

TEST(HostileFilesTest, EveryFileCutAnywhereIsAnError) {
  for (const char* reference :
       {"e2b", "e4b", "12b", "31b", "26b-a4b", "odd", "ple-no-sharing", "untied-f32"}) {
    for (const auto& [name, content] : FileSet::ReadGolden(reference).files) {
      SCOPED_TRACE(std::string(reference) + "/" + name);
      if (name == "config.json") {
        ExpectCutsFail(ParseModelConfigJson, content);
      } else if (name.ends_with(".index.json")) {
        ExpectCutsFail(ParseSafetensorsIndex, content);
      } else {
        ASSERT_TRUE(name.ends_with(".safetensors"));
        for (size_t size = 0; size < HeaderEnd(content) && !HasFailure(); ++size) {
          const std::string cut = content.substr(0, size);
          EXPECT_FALSE(ParseSafetensors(BytesOf(cut)).ok());
        }
      }
    }
  }
}

// The length says that the header is as short as it is: only its text is cut.
TEST(HostileFilesTest, AHeaderCutAnywhereIsAnError) {
  const std::string file = FileSet::ReadGolden("untied-f32")["model.safetensors"];
  const size_t end = HeaderEnd(file);
  const auto parse = [&](std::span<const std::byte> header) {
    const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
    const std::string cut = WithHeaderLength(text) + file.substr(end);
    return ParseSafetensors(BytesOf(cut));
  };
  ExpectCutsFail(parse, file.substr(8, end - 8));
}

TEST(HostileFilesTest, ACheckpointWithOneFileCutAnywhereDoesNotOpen) {
  FileSet files = FileSet::ReadGolden("odd");
  ASSERT_TRUE(OpenSafely(files));
  const std::map<std::string, std::string> originals = files.files;
  for (const auto& [name, original] : originals) {
    SCOPED_TRACE(name);
    const size_t end = name == "config.json" ? original.find_last_of('}') : HeaderEnd(original);
    for (size_t size = 0; size < end && !HasFailure(); ++size) {
      files[name].assign(original, 0, size);
      EXPECT_FALSE(OpenSafely(files)) << size;
    }
    files[name] = original;
  }
}

// Changes one byte of `name` below `end` at a time, `count` times.
void ChangeBytes(const std::string& reference, const std::string& name, size_t count,
                 unsigned seed) {
  SCOPED_TRACE(reference + "/" + name);
  FileSet files = FileSet::ReadGolden(reference);
  std::string& file = files[name];
  const size_t end = name.ends_with(".safetensors") ? HeaderEnd(file) : file.size();
  std::mt19937 random(seed);
  size_t num_loaded = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t at = random() % end;
    const char original = file[at];
    // Half of the time a character that JSON gives a meaning.
    constexpr std::string_view kMeaningful = "{}[]:,\"\\0123456789-.eEtfn ";
    file[at] = random() % 2 == 0 ? static_cast<char>(random())
                                 : kMeaningful[random() % kMeaningful.size()];
    num_loaded += OpenSafely(files) ? 1 : 0;
    file[at] = original;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_LT(num_loaded, count);
}

TEST(HostileFilesTest, AChangedByteOfConfigJsonIsHarmless) {
  ChangeBytes("odd", "config.json", 2000, 1);
  ChangeBytes("e2b", "config.json", 1000, 2);
  ChangeBytes("26b-a4b", "config.json", 1000, 3);
}

TEST(HostileFilesTest, AChangedByteOfTheIndexIsHarmless) {
  ChangeBytes("e4b", "model.safetensors.index.json", 2000, 4);
}

TEST(HostileFilesTest, AChangedByteOfAHeaderIsHarmless) {
  ChangeBytes("odd", "model.safetensors", 1500, 5);
  ChangeBytes("untied-f32", "model.safetensors", 1500, 6);
  ChangeBytes("e4b", "model-00003-of-00003.safetensors", 1000, 7);
}

// ---- Tokenizers ---------------------------------------------------------------------------------

// The tokenizer is read last, into a model that has too few embeddings for it.
class HostileTokenizerTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    files_ = FileSet::ReadGolden("untied-f32");
    name_ = GetParam();
    tokenizer_ = ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/tokenizer/" + name_);
  }

  // Even the sound tokenizer is refused in the end: it has more pieces than the reference.
  void Open(std::string tokenizer) {
    files_[name_] = std::move(tokenizer);
    EXPECT_FALSE(OpenSafely(files_));
  }

  FileSet files_;
  std::string name_, tokenizer_;
};

TEST_P(HostileTokenizerTest, CutsAndChangedBytesAreHarmless) {
  std::mt19937 random(8);
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    Open(tokenizer_.substr(0, random() % tokenizer_.size()));
  }
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    std::string changed = tokenizer_;
    changed[random() % changed.size()] = static_cast<char>(random());
    Open(std::move(changed));
  }
}

TEST_P(HostileTokenizerTest, EveryCutOfTheFirstBytesIsHarmless) {
  for (size_t size = 0; size < 1000 && !HasFailure(); ++size) Open(tokenizer_.substr(0, size));
}

INSTANTIATE_TEST_SUITE_P(BothFiles, HostileTokenizerTest,
                         testing::Values("tokenizer.json", "tokenizer.model"),
                         [](const auto& test) {
                           return std::string(test.param).substr(std::string("tokenizer.").size());
                         });

}  // namespace
}  // namespace gemma4
