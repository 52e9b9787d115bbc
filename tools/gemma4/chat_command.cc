// gemma4 chat: a conversation, a line a turn.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/conversation.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/line_reader.h"
#include "tools/gemma4/reply_options.h"
#include "tools/gemma4/reply_printer.h"

namespace gemma4_tool {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
}

std::string Counted(size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

class Chat {
 public:
  Chat(const Model& model, const gemma4_session_params& params, const ReplyOptions& options)
      : conversation_(model, params, {options.system, options.think, {}}),
        prints_stats_(options.stats) {}

  // Until the input ends, /quit, or a second Ctrl-C in a row (Interrupted).
  void Talk();

 private:
  // What a line that begins with a slash does.
  struct Command {
    const char* name;
    const char* argument;
    const char* what;
    void (Chat::*run)(const std::string& argument);
  };
  static const Command kCommands[];

  void Take(const std::string& line);
  void Say(const std::string& text);
  void RunCommand(const std::string& line);

  void Help(const std::string&);
  void Reset(const std::string&);
  void Save(const std::string& path);
  void Load(const std::string& path);
  void Rewind(const std::string& num_turns);
  void System(const std::string& text);
  void Think(const std::string& on_or_off);
  void Image(const std::string&);
  void Stats(const std::string&);
  void Quit(const std::string&) { is_over_ = true; }

  // For people; programs that read us need no such words.
  void Notice(const std::string& text) const {
    if (reader_.is_interactive()) std::fprintf(stderr, "(%s)\n", text.c_str());
  }

  LineReader reader_;
  Conversation conversation_;
  Reply last_reply_;
  const bool prints_stats_;
  bool is_over_ = false;
};

const Chat::Command Chat::kCommands[] = {
    {"/help", "", "lists these commands", &Chat::Help},
    {"/reset", "", "begins a new conversation", &Chat::Reset},
    {"/save", "FILE", "keeps the conversation in a file", &Chat::Save},
    {"/load", "FILE", "goes on with a conversation from a file", &Chat::Load},
    {"/rewind", "[TURNS]", "takes back the last turn, or so many", &Chat::Rewind},
    {"/system", "[TEXT]", "tells the model who it is; without a text, nobody", &Chat::System},
    {"/think", "on|off", "lets the model think before it answers", &Chat::Think},
    {"/image", "FILE", "not in this version", &Chat::Image},
    {"/stats", "", "counts, and the times of the last reply", &Chat::Stats},
    {"/quit", "", "ends, as Ctrl-D does", &Chat::Quit},
};

void Chat::Talk() {
  Notice("/help lists commands, Ctrl-D ends");
  bool was_interrupted = false;
  std::string line;
  while (!is_over_) {
    const LineReader::Result result = reader_.Read(line);
    if (result == LineReader::Result::kEnd) return;
    if (result == LineReader::Result::kInterrupted) {
      if (was_interrupted) throw Interrupted();
      was_interrupted = true;
      ForgetInterrupt();
      Notice("Ctrl-C again ends, and so does Ctrl-D");
      continue;
    }
    was_interrupted = false;
    try {
      Take(line);
    } catch (const Interrupted&) {
      was_interrupted = true;
      ForgetInterrupt();
      Notice("stopped");
    } catch (const CommandError& error) {
      if (std::ferror(stdout) != 0) throw;  // nobody hears us any more
      std::fprintf(stderr, "gemma4: %s\n", error.what());
    }
  }
}

void Chat::Take(const std::string& line) {
  if (line.find_first_not_of(kBlanks) == line.npos) return;
  if (line[0] == '/') {
    RunCommand(line);
  } else {
    Say(line);
  }
}

void Chat::Say(const std::string& text) {
  conversation_.Say(text, last_reply_);
  if (prints_stats_) std::fprintf(stderr, "%s\n", DescribeStats(last_reply_).c_str());
}

void Chat::RunCommand(const std::string& line) {
  const size_t end = line.find_first_of(kBlanks);
  const std::string name = line.substr(0, end);
  const std::string argument = end == line.npos ? "" : Trimmed(line.substr(end));
  for (const Command& command : kCommands) {
    if (name != command.name) continue;
    const std::string_view wanted = command.argument;
    if (wanted.empty() && !argument.empty()) {
      throw CommandError(name + " takes nothing; it got \"" + argument + "\"");
    }
    if (!wanted.empty() && wanted[0] != '[' && argument.empty()) {
      throw CommandError(name + " needs " + command.argument);
    }
    (this->*command.run)(argument);
    return;
  }
  throw CommandError("there is no command " + name + "; /help lists them");
}

void Chat::Help(const std::string&) {
  for (const Command& command : kCommands) {
    const std::string usage = std::string(command.name) + " " + command.argument;
    std::printf("%-18s%s\n", usage.c_str(), command.what);
  }
  std::printf("Ctrl-C stops a reply. A line that begins with a blank is never a command.\n");
  std::fflush(stdout);
}

void Chat::Reset(const std::string&) {
  conversation_.Reset();
  Notice("a new conversation");
}

void Chat::Save(const std::string& path) {
  conversation_.Save(path);
  Notice("saved " + Counted(conversation_.num_turns(), "turn"));
}

void Chat::Load(const std::string& path) {
  conversation_.Load(path);
  Notice("loaded " + Counted(conversation_.num_turns(), "turn"));
}

void Chat::Rewind(const std::string& num_turns) {
  const size_t num_held = conversation_.num_turns();
  size_t count = num_turns.empty() ? 1 : 0;
  if (!num_turns.empty() && num_turns.size() < 10 &&
      num_turns.find_first_not_of("0123456789") == num_turns.npos) {
    count = std::stoul(num_turns);
  }
  if (count == 0 || count > num_held) {
    throw CommandError("/rewind " + (num_turns.empty() ? "1" : num_turns) +
                       ": the conversation has " + Counted(num_held, "turn"));
  }
  conversation_.Rewind(count);
  Notice(Counted(conversation_.num_turns(), "turn") + " left");
}

void Chat::System(const std::string& text) {
  conversation_.SetSystem(text);
  Notice(text.empty() ? "no system turn" : "the system turn is changed");
}

void Chat::Think(const std::string& on_or_off) {
  if (on_or_off != "on" && on_or_off != "off") {
    throw CommandError("/think " + on_or_off + ": it must be on or off");
  }
  conversation_.SetThinking(on_or_off == "on");
  Notice("thinking is " + on_or_off);
}

void Chat::Image(const std::string&) {
  throw CommandError("/image: this version of gemma4 reads no images yet");
}

void Chat::Stats(const std::string&) {
  std::printf("%s, %zu of %zu tokens\n", Counted(conversation_.num_turns(), "turn").c_str(),
              conversation_.num_tokens(), conversation_.max_context_tokens());
  if (last_reply_.num_prompt_tokens > 0) {
    std::printf("last reply: %s\n", DescribeStats(last_reply_).c_str());
  }
  std::fflush(stdout);
}

}  // namespace

void AddChatCommand(CLI::App& program) {
  auto options = std::make_shared<ReplyOptions>();
  CLI::App* chat = program.add_subcommand("chat", "A conversation, a line a turn; /help in it");
  AddReplyOptions(*chat, *options);
  chat->callback([options] {
    const SessionParams params(*options);
    const Model model = LoadModel(options->model.path, options->model.load_params());
    Chat(model, params.get(), *options).Talk();
  });
}

}  // namespace gemma4_tool
