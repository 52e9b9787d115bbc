#include "lib/checkpoint/open_checkpoint.h"

#include <filesystem>
#include <system_error>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/checkpoint_files.h"
#include "lib/checkpoint/file_kind.h"
#include "lib/checkpoint/safetensors/safetensors_checkpoint.h"

namespace gemma4 {
namespace {

StatusOr<Checkpoint> OpenPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return Status::NotFound("no such file or folder");
  }
  if (error) return Status::Io("%s", error.message().c_str());
  if (std::filesystem::is_directory(status)) {
    return OpenSafetensorsCheckpoint(CheckpointFiles::InFolder(path));
  }
  const std::filesystem::path file_path(path);
  const std::string name = file_path.filename().string();
  if (name.ends_with(".safetensors")) {
    const std::string folder = file_path.parent_path().string();
    return OpenSafetensorsCheckpoint(CheckpointFiles::InFolder(folder.empty() ? "." : folder),
                                     name);
  }
  GEMMA4_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return Status::Unsupported(
      "is %s; a folder as Hugging Face publishes it, or a .safetensors file in one, is supported",
      DescribeFile(file.bytes(), name).c_str());
}

}  // namespace

StatusOr<Checkpoint> OpenCheckpoint(const std::string& path) {
  if (path.empty()) return Status::InvalidArgument("the model's path is empty");
  auto checkpoint = OpenPath(path);
  if (!checkpoint.ok()) return checkpoint.status().WithPrefix(path);
  return checkpoint;
}

StatusOr<Checkpoint> OpenCheckpointFromMemory(std::span<const MemoryFile> files) {
  for (const MemoryFile& file : files) {
    if (DescribeFile(file.bytes, "") == "a GGUF file") {
      return Status::Unsupported("%.*s is a GGUF file; safetensors checkpoints are supported",
                                 static_cast<int>(file.name.size()), file.name.data());
    }
  }
  return OpenSafetensorsCheckpoint(CheckpointFiles::InMemory(files));
}

}  // namespace gemma4
