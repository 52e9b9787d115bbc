// A conversation on the terminal, a line a turn: chat MODEL [SYSTEM]
//
// Ctrl-C ends the answer that is being made and keeps the conversation; the line "/again" takes the
// last answer back and makes another. Introduces gemma4_session_step, gemma4_cancel,
// gemma4_session_position, gemma4_session_rewind and handles in unique_ptr.
#include <gemma4/gemma4.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

struct Free {
  void operator()(gemma4_model* model) const { gemma4_model_free(model); }
  void operator()(gemma4_session* session) const { gemma4_session_free(session); }
  void operator()(gemma4_cancel* cancel) const { gemma4_cancel_free(cancel); }
};
using Model = std::unique_ptr<gemma4_model, Free>;
using Session = std::unique_ptr<gemma4_session, Free>;
using Cancel = std::unique_ptr<gemma4_cancel, Free>;

void Check(gemma4_status status) {
  if (status != GEMMA4_OK) throw std::runtime_error(gemma4_last_error_message());
}

// A signal handler may set this flag: gemma4_cancel_set() is safe there.
gemma4_cancel* interrupt_flag = nullptr;

// Prints the answer as it is made. Returns false when Ctrl-C ended it.
bool Answer(gemma4_session* session) {
  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.cancel = interrupt_flag;
  gemma4_cancel_clear(interrupt_flag);
  gemma4_event event = GEMMA4_EVENT_INIT;
  while (event.kind != GEMMA4_EVENT_END) {
    const gemma4_status status = gemma4_session_step(session, &step, &event);
    if (status == GEMMA4_ERROR_CANCELLED) return false;
    Check(status);
    if (event.kind == GEMMA4_EVENT_TEXT) {
      std::cout.write(event.text, static_cast<std::streamsize>(event.text_size)).flush();
    }
  }
  if (event.end_reason == GEMMA4_END_CONTEXT_FULL) std::cout << " [the context is full]";
  return true;
}

void Chat(const char* path, const char* system) {
  gemma4_cancel* cancel = nullptr;
  Check(gemma4_cancel_create(&cancel));
  const Cancel cancel_owner(cancel);
  interrupt_flag = cancel;
  std::signal(SIGINT, [](int) { gemma4_cancel_set(interrupt_flag); });

  gemma4_model* raw_model = nullptr;
  Check(gemma4_model_load(path, nullptr, &raw_model));
  const Model model(raw_model);
  gemma4_session* raw_session = nullptr;
  Check(gemma4_session_create(model.get(), nullptr, &raw_session));
  const Session session(raw_session);
  if (system != nullptr) {
    Check(gemma4_session_add_system_text(session.get(), system, GEMMA4_NUL_TERMINATED));
  }

  std::string line;
  size_t answer_begins = 0;
  while (std::cout << "> " << std::flush && std::getline(std::cin, line)) {
    if (line.empty()) continue;
    if (line == "/again") {
      if (answer_begins == 0) continue;
      Check(gemma4_session_rewind(session.get(), answer_begins));
    } else {
      // The turn of the user and the opening of the answer; what was said before stays in the
      // cache.
      Check(gemma4_session_add_user_text(session.get(), line.data(), line.size()));
      answer_begins = gemma4_session_position(session.get());
    }
    std::cout << (Answer(session.get()) ? "\n" : " [interrupted]\n");
  }
  std::signal(SIGINT, SIG_DFL);
  std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "chat MODEL [SYSTEM]\n";
    return 2;
  }
  try {
    Chat(argv[1], argc > 2 ? argv[2] : nullptr);
  } catch (const std::exception& error) {
    std::cerr << "chat: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
