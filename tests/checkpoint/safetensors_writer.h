// Makes safetensors files for tests.
#ifndef GEMMA4_TESTS_CHECKPOINT_SAFETENSORS_WRITER_H_
#define GEMMA4_TESTS_CHECKPOINT_SAFETENSORS_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemma4 {

// 8 bytes of length, then the header itself.
inline std::string WithHeaderLength(std::string_view header) {
  std::string file;
  for (size_t i = 0; i < 8; ++i) {
    file += static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i));
  }
  return file.append(header);
}

struct WrittenTensor {
  std::string name;
  std::vector<size_t> shape;
};

// A header whose tensors follow each other without a gap; `data_bytes` is where they end.
inline std::string MakeHeader(const std::vector<WrittenTensor>& tensors, size_t& data_bytes,
                              const std::string& dtype = "BF16", size_t element_bytes = 2) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  data_bytes = 0;
  for (const WrittenTensor& tensor : tensors) {
    std::string shape;
    size_t size = element_bytes;
    for (size_t dim : tensor.shape) {
      if (!shape.empty()) shape += ",";
      shape += std::to_string(dim);
      size *= dim;
    }
    header += ",\"" + tensor.name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(data_bytes) + "," +
              std::to_string(data_bytes + size) + "]}";
    data_bytes += size;
  }
  return WithHeaderLength(header + "}");
}

// The same with its data, all zero.
inline std::string MakeSafetensors(const std::vector<WrittenTensor>& tensors,
                                   const std::string& dtype = "BF16", size_t element_bytes = 2) {
  size_t data_bytes = 0;
  std::string file = MakeHeader(tensors, data_bytes, dtype, element_bytes);
  return file.append(data_bytes, '\0');
}

struct StoredTensor {
  std::string name;
  std::vector<size_t> shape;
  std::string dtype;
  std::string data;
};

// A file of tensors that are all there.
inline std::string MakeStoredSafetensors(const std::vector<StoredTensor>& tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}", data;
  for (const StoredTensor& tensor : tensors) {
    std::string shape;
    for (size_t dim : tensor.shape) {
      if (!shape.empty()) shape += ",";
      shape += std::to_string(dim);
    }
    header += ",\"" + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + tensor.data.size()) + "]}";
    data += tensor.data;
  }
  return WithHeaderLength(header + "}").append(data);
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CHECKPOINT_SAFETENSORS_WRITER_H_
