// gemma4 logits: what the model makes of given token ids, as a safetensors file.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "tools/gemma4/at_least.h"
#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"
#include "tools/gemma4/safetensors_writer.h"
#include "tools/gemma4/token_ids.h"

namespace gemma4_tool {
namespace {

struct LogitsOptions {
  ModelOptions model;
  std::string ids_text;
  std::vector<int32_t> ids;  // of ids_text
  std::string out = "logits.safetensors";
  size_t greedy = 0;
};

// The `count` likeliest continuations after what the session has read, whatever they are: stop
// tokens do not end it.
std::vector<int32_t> Greedy(const Session& session, size_t count) {
  std::vector<int32_t> ids;
  while (ids.size() < count) {
    gemma4_event event = GEMMA4_EVENT_INIT;
    gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
    step.cancel = InterruptFlag();
    Check(gemma4_session_step(session.get(), &step, &event));
    if (event.kind == GEMMA4_EVENT_TEXT && event.token_id >= 0) ids.push_back(event.token_id);
    if (event.kind == GEMMA4_EVENT_END) throw CommandError("the context is full");
  }
  return ids;
}

void Logits(LogitsOptions& options) {
  options.ids = ParseIds(options.ids_text);
  if (options.ids.empty()) throw CommandError("--ids has no token id");
  const Model model = LoadModel(options.model.path, options.model.load_params());

  const int32_t no_stop_token = -1;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  sampler.temperature = 0.0f;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.sampler = &sampler;
  params.stop_token_ids = &no_stop_token;  // with the count 0: none
  params.kv_type = options.model.kv_type;
  params.max_context_tokens = options.ids.size() + options.greedy + 1;
  const Session session = CreateSession(model, params);

  const size_t vocab_size = gemma4_model_vocab_size(model.get());
  std::vector<float> logits(options.ids.size() * vocab_size);
  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.cancel = InterruptFlag();
  Check(gemma4_session_prefill_logits(session.get(), options.ids.data(), options.ids.size(), &step,
                                      logits.data(), logits.size()));
  std::vector<OutputTensor> tensors = {{"logits",
                                        "F32",
                                        {options.ids.size(), vocab_size},
                                        logits.data(),
                                        logits.size() * sizeof(float)}};
  const std::vector<int32_t> greedy = Greedy(session, options.greedy);
  if (options.greedy > 0) {
    tensors.push_back(
        {"greedy_ids", "I32", {greedy.size()}, greedy.data(), greedy.size() * sizeof(int32_t)});
  }
  WriteSafetensors(options.out, tensors);
}

}  // namespace

void AddLogitsCommand(CLI::App& program) {
  auto options = std::make_shared<LogitsOptions>();
  CLI::App* logits = program.add_subcommand(
      "logits", "Runs token ids and writes the logits of every one to a safetensors file");
  AddModelOptions(*logits, options->model);
  logits->add_option("--ids", options->ids_text, "Token ids: 2,17,...")->required();
  logits->add_option("--out", options->out, "File to write")->capture_default_str();
  logits
      ->add_option("--greedy", options->greedy,
                   "Also continue greedily by this many tokens: greedy_ids")
      ->check(AtLeast(0));
  logits->callback([options] { Logits(*options); });
}

}  // namespace gemma4_tool
