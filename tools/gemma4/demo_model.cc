#include "tools/gemma4/demo_model.h"

// The assembler copies each file into the program as it is: an 18 MB model as a C array would take
// the compiler minutes. Aligned to 64 bytes, as a mapped file's tensors would be.
#define GEMMA4_EMBED(symbol, file)                 \
  __asm__(                                         \
      ".section .rodata\n"                         \
      ".balign 64\n"                               \
      ".global " #symbol                           \
      "_begin\n"                                   \
      ".hidden " #symbol "_begin\n" #symbol        \
      "_begin:\n"                                  \
      ".incbin \"" GEMMA4_DEMO_MODEL_DIR "/" file  \
      "\"\n"                                       \
      ".global " #symbol                           \
      "_end\n"                                     \
      ".hidden " #symbol "_end\n" #symbol          \
      "_end:\n"                                    \
      ".byte 0\n"                                  \
      ".previous\n");                              \
  extern "C" const unsigned char symbol##_begin[]; \
  extern "C" const unsigned char symbol##_end[]

GEMMA4_EMBED(gemma4_demo_config, "config.json");
GEMMA4_EMBED(gemma4_demo_generation_config, "generation_config.json");
GEMMA4_EMBED(gemma4_demo_tokenizer, "tokenizer.json");
GEMMA4_EMBED(gemma4_demo_tokenizer_config, "tokenizer_config.json");
GEMMA4_EMBED(gemma4_demo_weights, "model.safetensors");

namespace gemma4_tool {
namespace {

EmbeddedFile File(const char* name, const unsigned char* begin, const unsigned char* end) {
  return {name, begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::span<const EmbeddedFile> DemoModelFiles() {
  static const EmbeddedFile files[] = {
      File("config.json", gemma4_demo_config_begin, gemma4_demo_config_end),
      File("generation_config.json", gemma4_demo_generation_config_begin,
           gemma4_demo_generation_config_end),
      File("tokenizer.json", gemma4_demo_tokenizer_begin, gemma4_demo_tokenizer_end),
      File("tokenizer_config.json", gemma4_demo_tokenizer_config_begin,
           gemma4_demo_tokenizer_config_end),
      File("model.safetensors", gemma4_demo_weights_begin, gemma4_demo_weights_end),
  };
  return files;
}

}  // namespace gemma4_tool
