// Options that every command has that loads a model.
#ifndef GEMMA4_TOOLS_GEMMA4_MODEL_OPTIONS_H_
#define GEMMA4_TOOLS_GEMMA4_MODEL_OPTIONS_H_

#include <cstddef>
#include <string>

#include "tools/gemma4/handles.h"

namespace CLI {
class App;
}

namespace gemma4_tool {

struct ModelOptions {
  std::string path;  // empty: the demo model
  gemma4_weights weights = GEMMA4_WEIGHTS_AUTO;
  bool exact = false;
  size_t num_threads = 0;
  size_t chunk = 0;
  std::string cache_folder;
  gemma4_kv_type kv_type = GEMMA4_KV_AUTO;

  // Cancelled by Ctrl-C.
  gemma4_load_params load_params() const;
};

// MODEL, --weights, --exact, --threads, --chunk, --kv, --cache.
void AddModelOptions(CLI::App& command, ModelOptions& options);

// "int8"
const char* WeightsName(gemma4_weights weights);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_MODEL_OPTIONS_H_
