// The demo model's files, embedded in the command.
#ifndef GEMMA4_TOOLS_GEMMA4_DEMO_MODEL_H_
#define GEMMA4_TOOLS_GEMMA4_DEMO_MODEL_H_

#include <cstddef>
#include <span>

namespace gemma4_tool {

struct EmbeddedFile {
  const char* name;  // "config.json"
  const unsigned char* data;
  size_t size_bytes;
};

// The files of tools/demo_model/, in the form gemma4_model_load_memory() takes. They lie in the
// program's read-only pages and cost no memory until they are read.
std::span<const EmbeddedFile> DemoModelFiles();

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_DEMO_MODEL_H_
