// The files of a checkpoint held in memory, to be changed and opened again.
#ifndef GEMMA4_TESTS_CHECKPOINT_FILE_SET_H_
#define GEMMA4_TESTS_CHECKPOINT_FILE_SET_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/checkpoint/open_checkpoint.h"

namespace gemma4 {

inline std::span<const std::byte> BytesOf(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

struct FileSet {
  std::map<std::string, std::string> files;

  // Everything in `folder` that belongs to the checkpoint itself.
  static FileSet Read(const std::filesystem::path& folder) {
    FileSet set;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("expected.") || name.starts_with("trace.")) continue;
      set.files[name] = ReadWholeFile(entry.path());
    }
    return set;
  }

  // A folder of tests/golden/text.
  static FileSet ReadGolden(const std::string& name) {
    return Read(std::string(GEMMA4_TEST_DATA_DIR "/golden/text/") + name);
  }

  std::string& operator[](const std::string& name) { return files[name]; }

  // The views point into this object.
  StatusOr<Checkpoint> Open() const {
    std::vector<MemoryFile> memory_files;
    for (const auto& [name, content] : files) memory_files.push_back({name, BytesOf(content)});
    return OpenCheckpointFromMemory(memory_files);
  }

  size_t size_bytes() const {
    size_t total = 0;
    for (const auto& [name, content] : files) total += content.size();
    return total;
  }
};

// `text` with the first `from` replaced; the test fails if there is none.
inline std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  if (at != text.npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CHECKPOINT_FILE_SET_H_
