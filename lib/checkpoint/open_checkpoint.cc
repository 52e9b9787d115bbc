#include "lib/checkpoint/open_checkpoint.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/checkpoint_files.h"
#include "lib/checkpoint/file_kind.h"
#include "lib/checkpoint/gguf/gguf_checkpoint.h"
#include "lib/checkpoint/packed/packed_file.h"
#include "lib/checkpoint/safetensors/safetensors_checkpoint.h"

namespace gemma4 {
namespace {

// Messages begin with the path.
StatusOr<Checkpoint> OpenPath(const std::string& path, const OpenOptions& options) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return Status::NotFound("%s: no such file or folder", path.c_str());
  }
  if (error) return Status::Io("%s: %s", path.c_str(), error.message().c_str());
  if (std::filesystem::is_directory(status)) {
    auto checkpoint = OpenSafetensorsCheckpoint(CheckpointFiles::InFolder(path), "", options);
    if (!checkpoint.ok()) return checkpoint.status().WithPrefix(path);
    return checkpoint;
  }
  const std::filesystem::path file_path(path);
  const std::string name = file_path.filename().string();
  const std::string folder =
      file_path.has_parent_path() ? file_path.parent_path().string() : std::string(".");
  if (name.ends_with(".safetensors")) {
    auto checkpoint = OpenSafetensorsCheckpoint(CheckpointFiles::InFolder(folder), name, options);
    if (!checkpoint.ok()) return checkpoint.status().WithPrefix(path);
    return checkpoint;
  }
  GEMMA4_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  if (IsPackedFile(file.bytes())) {
    const auto bytes = file.bytes();
    auto checkpoint = OpenPackedCheckpoint({bytes, std::move(file)});
    if (!checkpoint.ok()) return checkpoint.status().WithPrefix(path);
    return checkpoint;
  }
  if (IsGguf(file.bytes())) {
    // Its messages begin with the name of the file, or of another part of it.
    auto checkpoint = OpenGgufCheckpoint(CheckpointFiles::InFolder(folder), name, options);
    if (checkpoint.ok()) return checkpoint;
    return Status(checkpoint.status().code(),
                  path.substr(0, path.size() - name.size()) + checkpoint.status().message());
  }
  const Status unknown = Status::Unsupported(
      "is %s; a GGUF file, a packed file, a folder as Hugging Face publishes it, or a .safetensors "
      "file in one is supported",
      DescribeFile(file.bytes(), name).c_str());
  return unknown.WithPrefix(path);
}

}  // namespace

StatusOr<Checkpoint> OpenCheckpoint(const std::string& path, const OpenOptions& options) {
  if (path.empty()) return Status::InvalidArgument("the model's path is empty");
  return OpenPath(path, options);
}

StatusOr<Checkpoint> OpenCheckpointFromFile(MappedFile file, const std::string& name,
                                            const OpenOptions& options) {
  GEMMA4_ASSIGN_OR_RETURN(Checkpoint checkpoint,
                          OpenCheckpointFromFile(file.bytes(), name, options));
  checkpoint.Keep(std::move(file));
  return checkpoint;
}

StatusOr<Checkpoint> OpenCheckpointFromFile(std::span<const std::byte> bytes,
                                            const std::string& name, const OpenOptions& options) {
  if (!IsGguf(bytes) && !IsPackedFile(bytes)) {
    return Status::Unsupported("%s is %s; a GGUF file or a packed file is supported", name.c_str(),
                               DescribeFile(bytes, "").c_str());
  }
  const MemoryFile file{name, bytes};
  return OpenCheckpointFromMemory({&file, 1}, options);
}

StatusOr<Checkpoint> OpenCheckpointFromMemory(std::span<const MemoryFile> files,
                                              const OpenOptions& options) {
  for (const MemoryFile& file : files) {
    if (IsPackedFile(file.bytes)) return OpenPackedCheckpoint({file.bytes, MappedFile()});
    if (!IsGguf(file.bytes)) continue;
    return OpenGgufCheckpoint(CheckpointFiles::InMemory(files), std::string(file.name), options);
  }
  return OpenSafetensorsCheckpoint(CheckpointFiles::InMemory(files), "", options);
}

}  // namespace gemma4
