#include "tools/gemma4/model_options.h"

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

#include "tools/gemma4/at_least.h"

namespace gemma4_tool {
namespace {

constexpr std::pair<const char*, gemma4_weights> kWeights[] = {
    {"auto", GEMMA4_WEIGHTS_AUTO},   {"int8", GEMMA4_WEIGHTS_INT8},
    {"int4", GEMMA4_WEIGHTS_INT4},   {"int4-rows", GEMMA4_WEIGHTS_INT4_ROWS},
    {"exact", GEMMA4_WEIGHTS_EXACT},
};

constexpr std::pair<const char*, gemma4_kv_type> kKvTypes[] = {
    {"auto", GEMMA4_KV_AUTO},
    {"f32", GEMMA4_KV_F32},
    {"f16", GEMMA4_KV_F16},
    {"int8", GEMMA4_KV_INT8},
};

// An option whose value is one of the names of `table`.
template <typename T, size_t size>
void AddChoice(CLI::App& command, const char* flag, T& value,
               const std::pair<const char*, T> (&table)[size], const std::string& what) {
  std::string names;
  for (const auto& [name, number] : table) names += (names.empty() ? "" : ", ") + std::string(name);
  command.add_option_function<std::string>(
      flag,
      [&value, &table, flag, names](const std::string& given) {
        for (const auto& [name, number] : table) {
          if (given != name) continue;
          value = number;
          return;
        }
        throw CLI::ValidationError(flag, "it is \"" + given + "\"; it must be one of " + names);
      },
      what + ": " + names + " [auto]");
}

}  // namespace

gemma4_load_params ModelOptions::load_params() const {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  params.weights = exact ? GEMMA4_WEIGHTS_EXACT : weights;
  params.num_threads = num_threads;
  params.prefill_chunk_tokens = chunk;
  params.cancel = InterruptFlag();
  if (!cache_folder.empty()) params.cache_folder = cache_folder.c_str();
  return params;
}

void AddModelOptions(CLI::App& command, ModelOptions& options) {
  command.add_option("MODEL", options.path, "Checkpoint; without it, the demo model");
  AddChoice(command, "--weights", options.weights, kWeights, "How linear layers compute");
  command.add_flag("--exact", options.exact,
                   "Reference arithmetic: f32 on the stored weights, slow");
  command.add_option("--threads", options.num_threads, "[one for each physical core]")
      ->check(AtLeast(1));
  command.add_option("--chunk", options.chunk, "Tokens of one forward pass of a prompt [512]")
      ->check(AtLeast(1));
  command.add_option("--cache", options.cache_folder,
                     "Folder to keep packed weights in, so that the next load is instant [none]");
  AddChoice(command, "--kv", options.kv_type, kKvTypes, "How keys and values are stored");
}

const char* WeightsName(gemma4_weights weights) {
  for (const auto& [name, number] : kWeights) {
    if (number == weights) return name;
  }
  return "unknown";
}

}  // namespace gemma4_tool
