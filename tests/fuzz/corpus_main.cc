// Runs a fuzzer's function over files, without libFuzzer: every compiler can build it, and a
// crash that libFuzzer found can be run under a debugger.
//
//   fuzz_corpus_test_gguf FILE_OR_FOLDER...
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/invariants.h"

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "no files are given\n");  // a test of no seeds would always pass
    return 2;
  }
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    if (!file.good()) {
      std::fprintf(stderr, "%s cannot be read\n", path.c_str());
      return 2;
    }
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::printf("%s, %zu bytes\n", path.c_str(), bytes.size());
    std::fflush(stdout);  // names the file, should it crash
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  return 0;
}
