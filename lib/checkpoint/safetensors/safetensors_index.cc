#include "lib/checkpoint/safetensors/safetensors_index.h"

#include <algorithm>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/json/json_visitor.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxFiles = 1024;

// A name that cannot lead out of the folder, on any system, and is not some other kind of file.
bool IsPlainShardName(std::string_view name) {
  const bool has_path = name.find_first_of("/\\:") != name.npos || name.starts_with('.');
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20; });
  return !has_path && !has_control && name.ends_with(".safetensors") && name.size() <= 255;
}

class IndexVisitor : public JsonVisitor {
 public:
  SafetensorsIndex index;
  bool has_weight_map = false;

  Status OnBegin(const JsonPath& path, bool is_list) override {
    if (path.depth() == 0) {
      return is_list ? Status::Corrupt("is a list; an object is expected") : Status::Ok();
    }
    if (path.key(0) != "weight_map") return Status::Ok();
    if (path.depth() > 1 || is_list || has_weight_map) {
      return Status::Corrupt("weight_map must be one object that maps tensor names to file names");
    }
    has_weight_map = true;
    return Status::Ok();
  }

  Status OnScalar(const JsonPath& path, const JsonScalar& value) override {
    if (path.depth() == 0 || path.key(0) != "weight_map") return Status::Ok();
    if (path.depth() != 2 || !value.is_string()) {
      return Status::Corrupt("weight_map must be one object that maps tensor names to file names");
    }
    if (index.entries.size() == kMaxTensors) {
      return Status::Unsupported("weight_map lists more than %zu tensors", kMaxTensors);
    }
    size_t file_index = 0;
    // Neighbours lie in the same shard, so the search starts at the last one.
    const auto last = std::find(index.files.rbegin(), index.files.rend(), value.text);
    if (last != index.files.rend()) {
      file_index = static_cast<size_t>(index.files.rend() - last) - 1;
    } else {
      if (!IsPlainShardName(value.text)) {
        return Status::Corrupt(
            "weight_map puts %s into \"%s\"; the plain name of a .safetensors file is expected",
            CutToOneLine(path.key(1)).c_str(), CutToOneLine(value.text).c_str());
      }
      if (index.files.size() == kMaxFiles) {
        return Status::Unsupported("weight_map names more than %zu files", kMaxFiles);
      }
      file_index = index.files.size();
      index.files.emplace_back(value.text);
    }
    index.entries.push_back({std::string(path.key(1)), file_index});
    return Status::Ok();
  }

  Status OnEnd(const JsonPath&) override { return Status::Ok(); }
};

}  // namespace

const SafetensorsIndex::Entry* SafetensorsIndex::Find(std::string_view tensor_name) const {
  const auto found = std::lower_bound(
      entries.begin(), entries.end(), tensor_name,
      [](const Entry& entry, std::string_view name) { return entry.tensor_name < name; });
  return found != entries.end() && found->tensor_name == tensor_name ? &*found : nullptr;
}

StatusOr<SafetensorsIndex> ParseSafetensorsIndex(std::span<const std::byte> bytes) {
  IndexVisitor visitor;
  GEMMA4_RETURN_IF_ERROR(VisitJson(bytes, visitor));
  if (!visitor.has_weight_map) return Status::Corrupt("weight_map is missing");
  SafetensorsIndex index = std::move(visitor.index);
  std::sort(index.entries.begin(), index.entries.end(),
            [](const auto& a, const auto& b) { return a.tensor_name < b.tensor_name; });
  for (size_t i = 1; i < index.entries.size(); ++i) {
    if (index.entries[i - 1].tensor_name == index.entries[i].tensor_name) {
      return Status::Corrupt("weight_map lists %s twice",
                             CutToOneLine(index.entries[i].tensor_name).c_str());
    }
  }
  return index;
}

}  // namespace gemma4
