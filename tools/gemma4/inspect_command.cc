// gemma4 inspect: what a checkpoint is, from its headers.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/gemma4/at_least.h"
#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"

namespace gemma4_tool {
namespace {

using json = nlohmann::ordered_json;

struct InspectOptions {
  ModelOptions model;
  bool as_json = false;
  bool with_tensors = false;
  bool verify = false;
  size_t context = 4096;
};

const char* UseName(gemma4_tensor_use use) {
  return use == GEMMA4_TENSOR_USED ? "used" : use == GEMMA4_TENSOR_SET_ASIDE ? "set aside" : "dead";
}

json DescribeMemory(const InspectOptions& options, const gemma4_model_info* info) {
  gemma4_session_params session = GEMMA4_SESSION_PARAMS_INIT;
  session.max_context_tokens = options.context;
  session.kv_type = options.model.kv_type;
  const gemma4_load_params load = options.model.load_params();
  gemma4_memory_needs needs = GEMMA4_MEMORY_NEEDS_INIT;
  Check(gemma4_memory_estimate(info, &load, &session, &needs));
  return {{"context", options.context},
          {"weights_mapped_bytes", needs.weights_mapped_bytes},
          {"weights_resident_bytes", needs.weights_resident_bytes},
          {"kv_bytes", needs.kv_bytes},
          {"scratch_bytes", needs.scratch_bytes},
          {"resident_bytes", needs.resident_bytes}};
}

json Describe(const InspectOptions& options) {
  const ModelInfo info = InspectModel(options.model.path);
  const gemma4_model_info* i = info.get();
  json report = {{"variant", gemma4_model_info_variant(i)},
                 {"format", gemma4_model_info_format(i)},
                 {"num_layers", gemma4_model_info_num_layers(i)},
                 {"num_kv_layers", gemma4_model_info_num_kv_layers(i)},
                 {"hidden_size", gemma4_model_info_hidden_size(i)},
                 {"vocab_size", gemma4_model_info_vocab_size(i)},
                 {"sliding_window", gemma4_model_info_sliding_window(i)},
                 {"max_context_tokens", gemma4_model_info_max_context_tokens(i)},
                 {"has_tokenizer", gemma4_model_info_has_tokenizer(i) != 0},
                 {"memory", DescribeMemory(options, i)}};

  struct Sum {
    size_t tensors = 0;
    uint64_t elements = 0;
    uint64_t bytes = 0;
  };
  std::map<std::string, Sum> by_use, by_type, by_role;
  json tensors = json::array();
  for (size_t t = 0; t < gemma4_model_info_num_tensors(i); ++t) {
    gemma4_tensor_info tensor = GEMMA4_TENSOR_INFO_INIT;
    Check(gemma4_model_info_tensor(i, t, &tensor));
    const auto add = [&](Sum& sum) {
      sum.tensors += 1;
      sum.elements += tensor.num_elements;
      sum.bytes += tensor.size_bytes;
    };
    add(by_use[UseName(tensor.use)]);
    add(by_type[tensor.type]);
    if (tensor.use == GEMMA4_TENSOR_USED) add(by_role[tensor.role]);
    if (options.with_tensors) {
      tensors.push_back({{"name", tensor.name},
                         {"type", tensor.type},
                         {"shape", tensor.shape},
                         {"bytes", tensor.size_bytes},
                         {"use", UseName(tensor.use)},
                         {"role", tensor.role},
                         {"layer", tensor.layer}});
    }
  }
  const auto sums = [](const std::map<std::string, Sum>& group) {
    json object = json::object();
    for (const auto& [name, sum] : group) {
      object[name] = {{"tensors", sum.tensors}, {"parameters", sum.elements}, {"bytes", sum.bytes}};
    }
    return object;
  };
  report["by_use"] = sums(by_use);
  report["by_type"] = sums(by_type);
  report["by_role"] = sums(by_role);
  if (options.with_tensors) report["tensors"] = std::move(tensors);
  return report;
}

void PrintSums(const char* title, const json& group) {
  std::printf("%s\n", title);
  for (const auto& [name, sum] : group.items()) {
    std::printf("  %-28s %6zu tensors %14llu parameters %10.1f MB\n", name.c_str(),
                sum["tensors"].get<size_t>(),
                static_cast<unsigned long long>(sum["parameters"].get<uint64_t>()),
                static_cast<double>(sum["bytes"].get<uint64_t>()) / 1e6);
  }
}

void Print(const json& report) {
  std::printf("Gemma 4 %s, %s\n", report["variant"].get<std::string>().c_str(),
              report["format"].get<std::string>().c_str());
  for (const char* key : {"num_layers", "num_kv_layers", "hidden_size", "vocab_size",
                          "sliding_window", "max_context_tokens", "has_tokenizer"}) {
    std::printf("%-20s %s\n", key, report[key].dump().c_str());
  }
  std::printf("memory for %zu tokens\n", report["memory"]["context"].get<size_t>());
  for (const auto& [name, bytes] : report["memory"].items()) {
    if (name == "context") continue;
    std::printf("  %-26s %10.1f MB\n", name.c_str(),
                static_cast<double>(bytes.get<uint64_t>()) / 1e6);
  }
  PrintSums("by use", report["by_use"]);
  PrintSums("by type", report["by_type"]);
  PrintSums("used, by role", report["by_role"]);
  if (!report.contains("tensors")) return;
  std::printf("tensors\n");
  for (const json& tensor : report["tensors"]) {
    std::printf("  %-10s %-5s %-20s %s\n", tensor["use"].get<std::string>().c_str(),
                tensor["type"].get<std::string>().c_str(),
                tensor["shape"].get<std::string>().c_str(),
                tensor["name"].get<std::string>().c_str());
  }
}

}  // namespace

void AddInspectCommand(CLI::App& program) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* inspect = program.add_subcommand(
      "inspect", "Says what a checkpoint is; reads headers, and weights only to --verify");
  AddModelOptions(*inspect, options->model);
  inspect->add_flag("--json", options->as_json, "One JSON object");
  inspect->add_flag("--verify", options->verify,
                    "Read a packed file through, and hold every part against its hash");
  inspect->add_flag("--tensors", options->with_tensors, "Every tensor, too");
  inspect
      ->add_option("--context", options->context, "Tokens to estimate the memory of a session for")
      ->capture_default_str()
      ->check(AtLeast(1));
  inspect->callback([options] {
    if (options->verify) Check(gemma4_model_verify(options->model.path.c_str()));
    const json report = Describe(*options);
    if (options->as_json) {
      std::cout << report.dump(2) << "\n";
    } else {
      Print(report);
    }
  });
}

}  // namespace gemma4_tool
