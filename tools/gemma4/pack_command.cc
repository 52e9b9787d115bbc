// gemma4 pack: a checkpoint as one file that loads in milliseconds.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"

namespace gemma4_tool {
namespace {

struct PackOptions {
  ModelOptions model;
  std::string out;
  bool force = false;
};

int ShowProgress(uint64_t done_bytes, uint64_t total_bytes, void*) {
  std::fprintf(stderr, "\r%3.0f %% of %.2f GB",
               100.0 * static_cast<double>(done_bytes) / static_cast<double>(total_bytes),
               static_cast<double>(total_bytes) / 1e9);
  return 0;
}

void Pack(const PackOptions& options) {
  if (std::filesystem::exists(options.out) && !options.force) {
    throw CommandError(options.out + ": exists already (--force replaces it)");
  }
  gemma4_load_params params = options.model.load_params();
  const bool on_terminal = isatty(STDERR_FILENO) != 0;
  if (on_terminal) params.progress = ShowProgress;
  const gemma4_status status =
      gemma4_model_pack(options.model.path.c_str(), options.out.c_str(), &params);
  if (on_terminal) std::fputc('\n', stderr);
  Check(status);
}

}  // namespace

void AddPackCommand(CLI::App& program) {
  auto options = std::make_shared<PackOptions>();
  CLI::App* pack = program.add_subcommand(
      "pack", "Packs a checkpoint into one file that loads in milliseconds, for this kind of CPU");
  AddModelOptions(*pack, options->model);
  pack->get_option("MODEL")->required();
  pack->add_option("-o,--out", options->out, "The file to write")->required();
  pack->add_flag("--force", options->force, "Replace the file if it exists");
  pack->callback([options] { Pack(*options); });
}

}  // namespace gemma4_tool
