// Makes GGUF files for tests.
#ifndef GEMMA4_TESTS_CHECKPOINT_GGUF_WRITER_H_
#define GEMMA4_TESTS_CHECKPOINT_GGUF_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemma4 {

// A GGUF file, written value by value.
class GgufWriter {
 public:
  GgufWriter(uint32_t version, uint64_t num_tensors, uint64_t num_values) {
    bytes_ = "GGUF";
    Put(version);
    Put(num_tensors);
    Put(num_values);
  }
  template <typename T>
  GgufWriter& Put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  GgufWriter& PutString(const std::string& text) {
    Put<uint64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  GgufWriter& PutTensor(const std::string& name, const std::vector<uint64_t>& ne, uint32_t type,
                        uint64_t offset) {
    PutString(name).Put<uint32_t>(static_cast<uint32_t>(ne.size()));
    for (uint64_t dim : ne) Put(dim);
    return Put(type).Put(offset);
  }
  GgufWriter& PutBytes(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  // Everything written so far.
  const std::string& bytes() const { return bytes_; }
  // Pads to the data section and adds the data.
  std::string WithData(std::string_view data) const {
    std::string file = bytes_;
    file.resize((file.size() + 31) / 32 * 32);
    return file.append(data);
  }
  // `size` bytes of it.
  std::string WithData(size_t size) const { return WithData(std::string(size, '\x01')); }

 private:
  std::string bytes_;
};

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CHECKPOINT_GGUF_WRITER_H_
