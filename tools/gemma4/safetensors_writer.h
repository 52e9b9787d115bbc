// Writes tensors to a safetensors file.
#ifndef GEMMA4_TOOLS_GEMMA4_SAFETENSORS_WRITER_H_
#define GEMMA4_TOOLS_GEMMA4_SAFETENSORS_WRITER_H_

#include <cstddef>
#include <string>
#include <vector>

namespace gemma4_tool {

struct OutputTensor {
  std::string name;
  std::string type;  // "F32"
  std::vector<size_t> shape;
  const void* data;
  size_t size_bytes;
};

// Throws CommandError, and leaves no half-written file, if the file cannot be written.
void WriteSafetensors(const std::string& path, const std::vector<OutputTensor>& tensors);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_SAFETENSORS_WRITER_H_
