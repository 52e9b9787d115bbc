#include "tools/gemma4/handles.h"

#include <csignal>
#include <iostream>
#include <iterator>

#include "tools/gemma4/demo_model.h"

namespace gemma4_tool {
namespace {

std::vector<gemma4_memory_file> DemoFiles() {
  std::vector<gemma4_memory_file> files;
  for (const EmbeddedFile& file : DemoModelFiles()) {
    files.push_back({file.name, file.data, file.size_bytes});
  }
  return files;
}

gemma4_cancel* interrupt_flag = nullptr;

// The second one in a row ends the program, once this handler has returned.
void OnInterrupt(int) {
  if (gemma4_cancel_is_set(interrupt_flag) != 0) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  gemma4_cancel_set(interrupt_flag);
}

}  // namespace

void Check(gemma4_status status) {
  if (status == GEMMA4_ERROR_CANCELLED) throw Interrupted();
  if (status != GEMMA4_OK) throw CommandError(gemma4_last_error_message());
}

Model LoadModel(const std::string& path, const gemma4_load_params& params) {
  gemma4_model* model = nullptr;
  if (path.empty()) {
    const std::vector<gemma4_memory_file> files = DemoFiles();
    Check(gemma4_model_load_memory(files.data(), files.size(), &params, &model));
  } else {
    Check(gemma4_model_load(path.c_str(), &params, &model));
  }
  return Model(model);
}

ModelInfo InspectModel(const std::string& path) {
  gemma4_model_info* info = nullptr;
  if (path.empty()) {
    const std::vector<gemma4_memory_file> files = DemoFiles();
    Check(gemma4_model_inspect_memory(files.data(), files.size(), &info));
  } else {
    Check(gemma4_model_inspect(path.c_str(), &info));
  }
  return ModelInfo(info);
}

Session CreateSession(const Model& model, const gemma4_session_params& params) {
  gemma4_session* session = nullptr;
  Check(gemma4_session_create(model.get(), &params, &session));
  return Session(session);
}

const gemma4_cancel* InterruptFlag() {
  if (interrupt_flag == nullptr) {
    Check(gemma4_cancel_create(&interrupt_flag));  // lives as long as the program
    struct sigaction action = {};
    action.sa_handler = OnInterrupt;  // not restarting, so that waiting for input ends too
    sigaction(SIGINT, &action, nullptr);
  }
  return interrupt_flag;
}

bool WasInterrupted() { return gemma4_cancel_is_set(interrupt_flag) != 0; }

void ForgetInterrupt() { gemma4_cancel_clear(interrupt_flag); }

std::string ReadStandardInput() {
  std::string input(std::istreambuf_iterator<char>(std::cin), {});
  if (WasInterrupted()) throw Interrupted();
  return input;
}

}  // namespace gemma4_tool
