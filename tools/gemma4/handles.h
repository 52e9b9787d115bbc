// C handles that free themselves, and failures as exceptions: what every command uses.
#ifndef GEMMA4_TOOLS_GEMMA4_HANDLES_H_
#define GEMMA4_TOOLS_GEMMA4_HANDLES_H_

#include <gemma4/gemma4.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace gemma4_tool {

// Becomes one line on standard error and exit status 1.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Ctrl-C: the command ends without another word.
class Interrupted : public std::exception {};

// Throws the library's last error text unless `status` is GEMMA4_OK.
void Check(gemma4_status status);

struct Free {
  void operator()(gemma4_model* model) const { gemma4_model_free(model); }
  void operator()(gemma4_session* session) const { gemma4_session_free(session); }
  void operator()(gemma4_model_info* info) const { gemma4_model_info_free(info); }
};
using Model = std::unique_ptr<gemma4_model, Free>;
using Session = std::unique_ptr<gemma4_session, Free>;
using ModelInfo = std::unique_ptr<gemma4_model_info, Free>;

// An empty path is the embedded demo model.
Model LoadModel(const std::string& path, const gemma4_load_params& params);
ModelInfo InspectModel(const std::string& path);
Session CreateSession(const Model& model, const gemma4_session_params& params);

// Set by Ctrl-C; another one while it is set ends the program.
const gemma4_cancel* InterruptFlag();
bool WasInterrupted();
// Clears the flag: the program goes on.
void ForgetInterrupt();

// All of standard input.
std::string ReadStandardInput();

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_HANDLES_H_
