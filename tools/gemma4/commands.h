// The commands: each adds its options to the program's, and what it does when it is chosen.
#ifndef GEMMA4_TOOLS_GEMMA4_COMMANDS_H_
#define GEMMA4_TOOLS_GEMMA4_COMMANDS_H_

namespace CLI {
class App;
}

namespace gemma4_tool {

void AddRunCommand(CLI::App& program);
void AddChatCommand(CLI::App& program);
void AddLogitsCommand(CLI::App& program);
void AddTokenizeCommand(CLI::App& program);
void AddRenderCommand(CLI::App& program);
void AddInspectCommand(CLI::App& program);
void AddBenchCommand(CLI::App& program);
void AddPackCommand(CLI::App& program);
void AddPerplexityCommand(CLI::App& program);

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_COMMANDS_H_
