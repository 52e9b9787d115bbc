// gemma4 run: one prompt, a streamed reply.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tools/gemma4/at_least.h"
#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"
#include "tools/gemma4/token_ids.h"

namespace gemma4_tool {
namespace {

using Clock = std::chrono::steady_clock;

struct RunOptions {
  ModelOptions model;
  std::string prompt;
  bool has_prompt = false;
  std::string system;
  bool raw = false;
  bool stats = false;
  size_t max_new_tokens = 0;
  size_t context = 0;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  std::vector<std::string> logit_bias_texts;
};

// "17=-2.5", "17=-inf". CommandError says what is no bias.
gemma4_logit_bias ParseLogitBias(const std::string& text) {
  const size_t equals = text.find('=');
  const char* const value = text.c_str() + (equals == text.npos ? text.size() : equals + 1);
  char* value_end = nullptr;
  const float bias = std::strtof(value, &value_end);
  const std::vector<int32_t> ids = ParseIds(text.substr(0, equals));
  if (ids.size() != 1 || value_end == value || *value_end != '\0') {
    throw CommandError("--logit-bias " + text + ": it must be a token id, '=' and a number");
  }
  return {ids[0], bias};
}

double Seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// What generation tells, as it goes on.
struct Progress {
  Clock::time_point start = Clock::now();
  Clock::time_point first_token;
  size_t prompt_tokens = 0;
  size_t new_tokens = 0;
  bool ends_in_newline = false;
};

int OnEvent(const gemma4_event* event, void* userdata) {
  Progress& progress = *static_cast<Progress*>(userdata);
  if (event->kind == GEMMA4_EVENT_PREFILL) progress.prompt_tokens = event->num_tokens_total;
  if (event->kind == GEMMA4_EVENT_END && event->end_reason == GEMMA4_END_CONTEXT_FULL) {
    std::fprintf(stderr, "\ngemma4: the context is full (--context makes it longer)\n");
  }
  if (event->kind != GEMMA4_EVENT_TEXT) return 0;
  if (progress.new_tokens++ == 0) progress.first_token = Clock::now();
  if (event->text_size == 0) return 0;
  // Nobody reads any more, or the disk is full: there is no use in going on.
  if (std::fwrite(event->text, 1, event->text_size, stdout) != event->text_size ||
      std::fflush(stdout) != 0) {
    return 1;
  }
  progress.ends_in_newline = event->text[event->text_size - 1] == '\n';
  return 0;
}

void PrintStats(const Progress& progress, double load_seconds) {
  const double prefill = Seconds(progress.start, progress.first_token);
  const double decode = Seconds(progress.first_token, Clock::now());
  std::fprintf(stderr, "load %.0f ms; prompt %zu tokens, first token after %.0f ms",
               load_seconds * 1e3, progress.prompt_tokens, prefill * 1e3);
  if (progress.new_tokens > 1) {
    std::fprintf(stderr, "; reply %zu tokens, %.1f tokens/s", progress.new_tokens,
                 static_cast<double>(progress.new_tokens - 1) / decode);
  }
  std::fprintf(stderr, "\n");
}

void Run(RunOptions& options) {
  std::vector<gemma4_logit_bias> biases;
  for (const std::string& text : options.logit_bias_texts) biases.push_back(ParseLogitBias(text));
  const Clock::time_point begin = Clock::now();
  const Model model = LoadModel(options.model.path, options.model.load_params());
  const double load_seconds = Seconds(begin, Clock::now());

  options.sampler.logit_bias = biases.data();
  options.sampler.num_logit_biases = biases.size();
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.sampler = &options.sampler;
  params.max_new_tokens = options.max_new_tokens;
  params.max_context_tokens = options.context;
  params.kv_type = options.model.kv_type;
  const Session session = CreateSession(model, params);

  const std::string prompt = options.has_prompt ? options.prompt : ReadStandardInput();
  if (prompt.empty()) throw CommandError("the prompt is empty");
  if (options.raw) {
    Check(gemma4_session_append_text(session.get(), prompt.data(), prompt.size(),
                                     GEMMA4_TEXT_ADD_BOS | GEMMA4_TEXT_PARSE_SPECIAL));
  } else {
    if (!options.system.empty()) {
      Check(gemma4_session_add_system_text(session.get(), options.system.data(),
                                           options.system.size()));
    }
    Check(gemma4_session_add_user_text(session.get(), prompt.data(), prompt.size()));
  }

  Progress progress;
  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.cancel = InterruptFlag();
  const gemma4_status status =
      gemma4_session_generate_with(session.get(), &step, OnEvent, &progress);
  // On a terminal the shell's prompt begins on a line of its own.
  if (!progress.ends_in_newline && progress.new_tokens > 0) std::fputc('\n', stdout);
  std::fflush(stdout);
  if (status == GEMMA4_ERROR_STOPPED) throw CommandError("cannot write to standard output");
  Check(status);
  if (options.stats) PrintStats(progress, load_seconds);
}

}  // namespace

void AddRunCommand(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run = program.add_subcommand("run", "Answers one prompt, streaming the reply");
  AddModelOptions(*run, options->model);
  CLI::Option* prompt =
      run->add_option("-p,--prompt", options->prompt, "The prompt; without it, standard input");
  CLI::Option* system = run->add_option("--system", options->system, "A system turn before it");
  run->add_flag("--raw", options->raw, "The prompt as it is, without the chat template")
      ->excludes(system);
  run->add_option("-n,--max-tokens", options->max_new_tokens,
                  "At most this many new tokens [as many as fit]")
      ->check(AtLeast(1));
  run->add_option("--seed", options->sampler.seed, "Of the random draws [0]")->check(AtLeast(0));
  run->add_option("--temperature", options->sampler.temperature,
                  "0: always the likeliest token [the model's own]");
  run->add_option("--top-k", options->sampler.top_k, "0: off [the model's own]");
  run->add_option("--top-p", options->sampler.top_p, "1: off [the model's own]");
  run->add_option("--min-p", options->sampler.min_p,
                  "Only tokens at least this share as likely as the likeliest; 0: off [0]");
  run->add_option("--repetition-penalty", options->sampler.repetition_penalty,
                  "Above 1: prompt and reply repeat themselves less; 1: off [1]");
  run->add_option("--frequency-penalty", options->sampler.frequency_penalty,
                  "Off a token's logit for each time that the reply has it [0]");
  run->add_option("--presence-penalty", options->sampler.presence_penalty,
                  "Off a token's logit if the reply has it [0]");
  run->add_option("--penalty-window", options->sampler.penalty_window,
                  "Penalties look at this many last tokens; 0: all [0]")
      ->check(AtLeast(0));
  run->add_option("--logit-bias", options->logit_bias_texts,
                  "ID=BIAS: added to the token's logit; -inf bans it; may be repeated")
      ->allow_extra_args(false);
  run->add_option("--context", options->context, "Tokens of prompt and reply together [4096]")
      ->check(AtLeast(1));
  run->add_flag("--stats", options->stats, "Times and counts on standard error");
  run->callback([options, prompt] {
    options->has_prompt = prompt->count() > 0;
    Run(*options);
  });
}

}  // namespace gemma4_tool
