// gemma4 render: the chat prompt of a conversation.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"

namespace gemma4_tool {
namespace {

using nlohmann::json;

struct RenderOptions {
  std::string model;
  std::string messages;
  std::string variant = "auto";
  bool as_ids = false;
  bool as_jsonl = false;
};

// A checkpoint is loaded for ids only; for text its headers tell the template.
class Renderer {
 public:
  explicit Renderer(const RenderOptions& options) : as_ids_(options.as_ids) {
    if (options.variant != "auto") {
      variant_ = options.variant == "small" ? GEMMA4_CHAT_SMALL : GEMMA4_CHAT_LARGE;
    }
    if (as_ids_) {
      gemma4_load_params load = GEMMA4_LOAD_PARAMS_INIT;
      load.num_threads = 1;
      load.cancel = InterruptFlag();
      model_ = LoadModel(options.model, load);
    } else if (variant_ == GEMMA4_CHAT_AUTO || !options.model.empty()) {
      const ModelInfo info = InspectModel(options.model);
      if (variant_ == GEMMA4_CHAT_AUTO) variant_ = gemma4_model_info_chat_variant(info.get());
    }
  }

  std::string Text(const std::string& request) const {
    size_t size = 0;
    Check(gemma4_chat_render_json(request.data(), request.size(), variant_, nullptr, 0, &size));
    std::string text(size, '\0');  // never empty: it begins with <bos>
    Check(gemma4_chat_render_json(request.data(), request.size(), variant_, text.data(), size,
                                  &size));
    return text;
  }

  std::vector<int32_t> Ids(const std::string& request) const {
    size_t count = 0;
    Check(gemma4_model_render_json_ids(model_.get(), request.data(), request.size(), variant_,
                                       nullptr, 0, &count));
    std::vector<int32_t> ids(count);
    Check(gemma4_model_render_json_ids(model_.get(), request.data(), request.size(), variant_,
                                       ids.data(), count, &count));
    return ids;
  }

  // One line of --jsonl. What is wrong with it becomes {"error": ...}, and the next line goes on.
  json Line(const std::string& request) const {
    try {
      return as_ids_ ? json(Ids(request)) : json(Text(request));
    } catch (const CommandError& error) {
      return {{"error", error.what()}};
    }
  }

 private:
  Model model_;
  bool as_ids_;
  gemma4_chat_variant variant_ = GEMMA4_CHAT_AUTO;
};

std::string ReadFile(const std::string& path) {
  if (path == "-") return ReadStandardInput();
  std::ifstream file(path, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (!file) throw CommandError("cannot read " + path);
  return content;
}

void Render(const RenderOptions& options) {
  if (options.as_jsonl == !options.messages.empty()) {
    throw CLI::ValidationError("render takes either --messages or --jsonl");
  }
  const Renderer renderer(options);
  if (options.as_jsonl) {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << renderer.Line(line).dump() << "\n" << std::flush;
    }
    return;
  }
  const std::string request = ReadFile(options.messages);
  if (!options.as_ids) {
    std::cout << renderer.Text(request);
    return;
  }
  const std::vector<int32_t> ids = renderer.Ids(request);
  for (size_t i = 0; i < ids.size(); ++i) std::cout << (i > 0 ? " " : "") << ids[i];
  std::cout << "\n";
}

}  // namespace

void AddRenderCommand(CLI::App& program) {
  auto options = std::make_shared<RenderOptions>();
  CLI::App* render = program.add_subcommand("render", "The chat prompt of a conversation");
  render->add_option("MODEL", options->model, "Checkpoint; without it, the demo model");
  render->add_option("--messages", options->messages,
                     "File with a JSON object: messages, tools, add_generation_prompt, "
                     "enable_thinking, preserve_thinking, template; - is standard input");
  render
      ->add_option("--template", options->variant,
                   "Of E2B and E4B (small), of the others (large), or MODEL's own (auto)")
      ->check(CLI::IsMember({"small", "large", "auto"}))
      ->capture_default_str();
  render->add_flag("--ids", options->as_ids, "Token ids, in which contents are never markup");
  render->add_flag("--jsonl", options->as_jsonl,
                   "Such an object a line on standard input, whose own template counts first; a "
                   "line out: a string or an array, or {\"error\": ...}");
  render->callback([options] { Render(*options); });
}

}  // namespace gemma4_tool
