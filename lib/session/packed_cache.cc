#include "lib/session/packed_cache.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/packed/packed_file.h"

namespace gemma4 {
namespace {

// By content, so that a stale file (of an older library, say) is replaced and not left beside.
std::string CachePath(const std::string& folder, uint64_t content_hash, Arithmetic arithmetic) {
  char name[64];
  std::snprintf(name, sizeof(name), "/%016" PRIx64 "-%d.gemma4", content_hash,
                static_cast<int>(arithmetic));
  return folder + name;
}

bool AreSame(const PackedKey& a, const PackedKey& b) {
  return a.layout_hash == b.layout_hash && a.source_hash == b.source_hash &&
         a.arithmetic == b.arithmetic;
}

// Not Ok where the file has to be made (again), whatever the reason.
Status Attach(const std::string& path, const PackedKey& key, Checkpoint& checkpoint) {
  GEMMA4_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  GEMMA4_ASSIGN_OR_RETURN(const PackedIndex index, ReadPackedFile(file.bytes()));
  if (!AreSame(index.key, key)) return Status::Corrupt("is stale");
  checkpoint.AttachPacked(TakePackedLinears(index), std::move(file));
  return Status::Ok();
}

}  // namespace

Status AttachCachedWeights(const std::string& folder, const PackOptions& options,
                           Checkpoint& checkpoint) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return Status::NotFound(
        "the cache folder %s %s", folder.c_str(),
        std::filesystem::exists(folder, error) ? "is not a folder" : "does not exist");
  }
  GEMMA4_ASSIGN_OR_RETURN(const PackedKey key, PackedKeyOf(checkpoint, options.arithmetic));
  const std::string path = CachePath(folder, ContentHash(checkpoint), options.arithmetic);
  if (Attach(path, key, checkpoint).ok()) return Status::Ok();
  PackOptions linears_only = options;
  linears_only.whole_model = false;
  GEMMA4_RETURN_IF_ERROR(PackModel(checkpoint, path, linears_only));
  return Attach(path, key, checkpoint);
}

}  // namespace gemma4
