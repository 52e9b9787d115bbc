// The gemma4 command. Errors are one line on standard error: exit 1, or 2 for wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"

int main(int argc, char** argv) {
  CLI::App program("Runs Gemma 4 models on this machine's CPU.", "gemma4");
  program.set_version_flag("--version", gemma4_build_info());
  program.require_subcommand(1);

  program.footer(
      "MODEL is a GGUF file, or a checkpoint folder as Hugging Face publishes it; without one, a\n"
      "small demo model that is part of this program.");
  gemma4_tool::AddRunCommand(program);
  gemma4_tool::AddChatCommand(program);
  gemma4_tool::AddLogitsCommand(program);
  gemma4_tool::AddTokenizeCommand(program);
  gemma4_tool::AddRenderCommand(program);
  gemma4_tool::AddInspectCommand(program);
  gemma4_tool::AddPackCommand(program);
  gemma4_tool::AddBenchCommand(program);
  gemma4_tool::AddPerplexityCommand(program);
  try {
    program.parse(argc, argv);
    std::cout.flush();
    if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw gemma4_tool::CommandError("cannot write to standard output");
    }
  } catch (const CLI::Success& success) {  // --help, --version
    return program.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << "gemma4: " << error.what() << " (see gemma4 --help)\n";
    return 2;
  } catch (const gemma4_tool::Interrupted&) {
    return 130;  // as a shell says of a program that SIGINT ended
  } catch (const std::exception& error) {
    std::cerr << "gemma4: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
