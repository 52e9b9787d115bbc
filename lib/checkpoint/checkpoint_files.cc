#include "lib/checkpoint/checkpoint_files.h"

#include <filesystem>
#include <system_error>

namespace gemma4 {
namespace {

// Enough to tell what a folder is.
constexpr size_t kMaxListed = 1000;

const MemoryFile* FindFile(std::span<const MemoryFile> files, std::string_view name) {
  for (const MemoryFile& file : files) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

}  // namespace

bool CheckpointFiles::Has(const std::string& name) const {
  if (folder_.empty()) return FindFile(memory_files_, name) != nullptr;
  std::error_code error;
  // One that cannot be looked at is there as far as anybody knows: opening it says why.
  return std::filesystem::exists(PathOf(name), error) || error;
}

StatusOr<CheckpointFile> CheckpointFiles::Open(const std::string& name) const {
  CheckpointFile file;
  if (folder_.empty()) {
    const MemoryFile* found = FindFile(memory_files_, name);
    if (found == nullptr) return Status::NotFound("%s is not among the files", name.c_str());
    file.bytes = found->bytes;
    return file;
  }
  GEMMA4_ASSIGN_OR_RETURN(file.mapping, MappedFile::Open(PathOf(name)));
  file.bytes = file.mapping.bytes();
  return file;
}

std::vector<std::string> CheckpointFiles::List() const {
  std::vector<std::string> names;
  for (const MemoryFile& file : memory_files_) names.emplace_back(file.name);
  if (folder_.empty()) return names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error), end;
  while (!error && entry != end && names.size() < kMaxListed) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  return names;
}

}  // namespace gemma4
