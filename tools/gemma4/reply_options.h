// Options of the commands that print replies: which model, which tokens, how long.
#ifndef GEMMA4_TOOLS_GEMMA4_REPLY_OPTIONS_H_
#define GEMMA4_TOOLS_GEMMA4_REPLY_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/gemma4/handles.h"
#include "tools/gemma4/model_options.h"

namespace CLI {
class App;
}

namespace gemma4_tool {

struct ReplyOptions {
  ModelOptions model;
  std::string system;
  bool think = false;
  bool slide = false;
  bool stats = false;
  size_t max_new_tokens = 0;
  size_t max_thought_tokens = 0;
  size_t context = 0;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  std::vector<std::string> logit_bias_texts;
  std::vector<std::string> stop_strings;
  std::string json_schema_path;
  std::string grammar_path;
};

// MODEL and its options, --system, --think, --think-budget, -n, --stop, --json-schema, --grammar,
// the sampler's, --context, --slide, --stats.
void AddReplyOptions(CLI::App& command, ReplyOptions& options);

// What a session is made with. Reads the files that the options name; CommandError says what is
// wrong with them.
class SessionParams {
 public:
  // `options` outlive it.
  explicit SessionParams(const ReplyOptions& options);
  SessionParams(const SessionParams&) = delete;
  SessionParams& operator=(const SessionParams&) = delete;

  // Points into this object.
  const gemma4_session_params& get() const { return params_; }

 private:
  std::vector<gemma4_logit_bias> biases_;
  std::vector<const char*> stop_strings_;
  std::string json_schema_;
  std::string grammar_;
  gemma4_sampler_params sampler_;
  gemma4_session_params params_ = GEMMA4_SESSION_PARAMS_INIT;
};

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_REPLY_OPTIONS_H_
