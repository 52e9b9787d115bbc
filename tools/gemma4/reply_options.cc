#include "tools/gemma4/reply_options.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdlib>

#include "tools/gemma4/at_least.h"
#include "tools/gemma4/read_file.h"
#include "tools/gemma4/token_ids.h"

namespace gemma4_tool {
namespace {

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

void AddSamplerOptions(CLI::App& command, ReplyOptions& options) {
  gemma4_sampler_params& sampler = options.sampler;
  command.add_option("--seed", sampler.seed, "Of the random draws [0]")->check(AtLeast(0));
  command.add_option("--temperature", sampler.temperature,
                     "0: always the likeliest token [the model's own]");
  command.add_option("--top-k", sampler.top_k, "0: off [the model's own]");
  command.add_option("--top-p", sampler.top_p, "1: off [the model's own]");
  command.add_option("--min-p", sampler.min_p,
                     "Only tokens at least this share as likely as the likeliest; 0: off [0]");
  command.add_option("--repetition-penalty", sampler.repetition_penalty,
                     "Above 1: prompt and reply repeat themselves less; 1: off [1]");
  command.add_option("--frequency-penalty", sampler.frequency_penalty,
                     "Off a token's logit for each time that the reply has it [0]");
  command.add_option("--presence-penalty", sampler.presence_penalty,
                     "Off a token's logit if the reply has it [0]");
  command
      .add_option("--penalty-window", sampler.penalty_window,
                  "Penalties look at this many last tokens; 0: all [0]")
      ->check(AtLeast(0));
  command
      .add_option("--logit-bias", options.logit_bias_texts,
                  "ID=BIAS: added to the token's logit; -inf bans it; may be repeated")
      ->allow_extra_args(false);
}

}  // namespace

void AddReplyOptions(CLI::App& command, ReplyOptions& options) {
  AddModelOptions(command, options.model);
  command.add_option("--system", options.system, "A system turn, which tells the model who it is");
  command.add_flag("--think", options.think,
                   "The model thinks before it answers; thoughts go to standard error");
  command
      .add_option("--think-budget", options.max_thought_tokens,
                  "A thought is closed after this many tokens [no limit]")
      ->check(AtLeast(1));
  command
      .add_option("-n,--max-tokens", options.max_new_tokens,
                  "At most this many new tokens a reply [as many as fit]")
      ->check(AtLeast(1));
  command
      .add_option("--stop", options.stop_strings,
                  "TEXT that ends a reply and is not printed; may be repeated")
      ->allow_extra_args(false);
  CLI::Option* schema = command.add_option("--json-schema", options.json_schema_path,
                                           "File; replies are JSON that is valid against it");
  command
      .add_option("--grammar", options.grammar_path,
                  "File in llama.cpp's notation (GBNF); replies are what its root produces")
      ->excludes(schema);
  AddSamplerOptions(command, options);
  command
      .add_option("--context", options.context,
                  "Tokens of prompts and replies together [4096, or the model's limit]")
      ->check(AtLeast(1));
  command.add_flag("--slide", options.slide,
                   "A full context forgets its oldest turns, in place of ending the reply");
  command.add_flag("--stats", options.stats, "Times and counts of each reply on standard error");
}

SessionParams::SessionParams(const ReplyOptions& options) : sampler_(options.sampler) {
  for (const std::string& text : options.logit_bias_texts) {
    biases_.push_back(ParseLogitBias(text));
  }
  sampler_.logit_bias = biases_.data();
  sampler_.num_logit_biases = biases_.size();
  if (!options.json_schema_path.empty()) {
    json_schema_ = ReadTextFile(options.json_schema_path);
    sampler_.json_schema = json_schema_.c_str();
  }
  if (!options.grammar_path.empty()) {
    grammar_ = ReadTextFile(options.grammar_path);
    sampler_.grammar = grammar_.c_str();
  }
  for (const std::string& text : options.stop_strings) stop_strings_.push_back(text.c_str());

  params_.sampler = &sampler_;
  params_.stop_strings = stop_strings_.data();
  params_.num_stop_strings = stop_strings_.size();
  params_.max_new_tokens = options.max_new_tokens;
  params_.max_thought_tokens = options.max_thought_tokens;
  params_.max_context_tokens = options.context;
  params_.context_full = options.slide ? GEMMA4_CONTEXT_SLIDE : GEMMA4_CONTEXT_STOP;
  params_.kv_type = options.model.kv_type;
}

}  // namespace gemma4_tool
