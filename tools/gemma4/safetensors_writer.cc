#include "tools/gemma4/safetensors_writer.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {

void WriteSafetensors(const std::string& path, const std::vector<OutputTensor>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  size_t offset = 0;
  for (const OutputTensor& tensor : tensors) {
    header[tensor.name] = {{"dtype", tensor.type},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.size_bytes}}};
    offset += tensor.size_bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data begins aligned

  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const uint64_t header_size = text.size();
  out.write(reinterpret_cast<const char*>(&header_size), sizeof(header_size));
  out << text;
  for (const OutputTensor& tensor : tensors) {
    out.write(static_cast<const char*>(tensor.data),
              static_cast<std::streamsize>(tensor.size_bytes));
  }
  out.close();
  if (!out) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "write failed";
    std::remove(path.c_str());
    throw CommandError(path + ": cannot write: " + reason);
  }
}

}  // namespace gemma4_tool
