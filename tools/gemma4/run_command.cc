// gemma4 run: one prompt, a streamed reply.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/read_file.h"
#include "tools/gemma4/reply_options.h"
#include "tools/gemma4/reply_printer.h"

namespace gemma4_tool {
namespace {

struct RunOptions {
  ReplyOptions reply;
  std::string prompt;
  bool has_prompt = false;
  bool raw = false;
  std::string tools_path;
  std::string image_path;
  std::string audio_path;
};

// What the model reads before it answers.
void AppendPrompt(gemma4_session* session, const RunOptions& options, const std::string& tools) {
  const std::string prompt = options.has_prompt ? options.prompt : ReadStandardInput();
  if (prompt.empty()) throw CommandError("the prompt is empty");
  if (options.raw) {
    Check(gemma4_session_append_text(session, prompt.data(), prompt.size(),
                                     GEMMA4_TEXT_ADD_BOS | GEMMA4_TEXT_PARSE_SPECIAL));
    return;
  }
  const std::string& system = options.reply.system;
  if (options.reply.think) Check(gemma4_session_set_thinking(session, 1));
  if (!tools.empty()) Check(gemma4_session_set_tools_json(session, tools.data(), tools.size()));
  if (!system.empty()) {
    Check(gemma4_session_add_system_text(session, system.data(), system.size()));
  }
  Check(gemma4_session_add_user_text(session, prompt.data(), prompt.size()));
}

void Run(const RunOptions& options) {
  if (!options.image_path.empty()) {
    throw CommandError("--image: this version of gemma4 reads no images yet");
  }
  if (!options.audio_path.empty()) {
    throw CommandError("--audio: this version of gemma4 reads no sound yet");
  }
  const SessionParams params(options.reply);
  std::string tools;
  if (!options.tools_path.empty()) tools = ReadTextFile(options.tools_path);

  const auto begin = Reply::Clock::now();
  const Model model = LoadModel(options.reply.model.path, options.reply.model.load_params());
  const std::chrono::duration<double> load_seconds = Reply::Clock::now() - begin;
  const Session session = CreateSession(model, params.get());
  AppendPrompt(session.get(), options, tools);
  Reply reply;
  PrintReply(session.get(), reply);
  if (options.reply.stats) {
    std::fprintf(stderr, "load %.0f ms; %s\n", load_seconds.count() * 1e3,
                 DescribeStats(reply).c_str());
  }
}

}  // namespace

void AddRunCommand(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run = program.add_subcommand("run", "Answers one prompt, streaming the reply");
  CLI::Option* prompt =
      run->add_option("-p,--prompt", options->prompt, "The prompt; without it, standard input");
  AddReplyOptions(*run, options->reply);
  CLI::Option* tools = run->add_option(
      "--tools", options->tools_path,
      "File with a JSON list of tools that the model may call, as chat APIs have them; a call is "
      "printed as a line {\"tool_call\": {\"name\", \"arguments\"}} and ends the reply");
  run->add_flag("--raw", options->raw, "The prompt as it is, without the chat template")
      ->excludes(run->get_option("--system"))
      ->excludes(run->get_option("--think"))
      ->excludes(tools);
  run->add_option("--image", options->image_path, "File; not in this version");
  run->add_option("--audio", options->audio_path, "File; not in this version");
  run->callback([options, prompt] {
    options->has_prompt = prompt->count() > 0;
    Run(*options);
  });
}

}  // namespace gemma4_tool
