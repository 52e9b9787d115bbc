// Two lines of one story, and a saved game: branches MODEL SAVE_FILE
//
// Introduces gemma4_session_fork, gemma4_session_rewind, gemma4_session_save_file and
// gemma4_session_restore_file.
#include <gemma4/gemma4.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

struct Free {
  void operator()(gemma4_model* model) const { gemma4_model_free(model); }
  void operator()(gemma4_session* session) const { gemma4_session_free(session); }
};
using Model = std::unique_ptr<gemma4_model, Free>;
using Session = std::unique_ptr<gemma4_session, Free>;

void Check(gemma4_status status) {
  if (status != GEMMA4_OK) throw std::runtime_error(gemma4_last_error_message());
}

Session NewSession(gemma4_model* model) {
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  sampler.temperature = 0;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.sampler = &sampler;
  gemma4_session* session = nullptr;
  Check(gemma4_session_create(model, &params, &session));
  return Session(session);
}

std::string Ask(const Session& session, const std::string& text) {
  std::string answer;
  const auto append = [](const gemma4_event* event, void* userdata) {
    static_cast<std::string*>(userdata)->append(event->text, event->text_size);
    return 0;
  };
  Check(gemma4_session_add_user_text(session.get(), text.data(), text.size()));
  Check(gemma4_session_generate(session.get(), append, &answer));
  return answer;
}

void TellBranches(const char* path, const char* save_path) {
  gemma4_model* raw_model = nullptr;
  Check(gemma4_model_load(path, nullptr, &raw_model));
  const Model model(raw_model);
  const Session story = NewSession(model.get());
  std::cout << "story: " << Ask(story, "Remember the word dragon.") << "\n";

  // A second line of the story, which the first one never hears of. Keys and values are copied, so
  // nothing of the past is run again.
  gemma4_session* raw_fork = nullptr;
  Check(gemma4_session_fork(story.get(), &raw_fork));
  const Session what_if(raw_fork);
  std::cout << "what if: " << Ask(what_if, "What is 7 + 5?") << "\n";

  // Go on, save, spoil it, and take it back, in two ways.
  std::cout << "story: " << Ask(story, "What is the capital of Peru?") << "\n";
  Check(gemma4_session_save_file(story.get(), save_path));
  const size_t mark = gemma4_session_position(story.get());
  Ask(story, "Remember the word river.");
  Check(gemma4_session_rewind(story.get(), mark));
  std::cout << "after a rewind: " << Ask(story, "What was the word?") << "\n";

  const Session restored = NewSession(model.get());  // in another run of the game, perhaps
  Check(gemma4_session_restore_file(restored.get(), save_path));
  std::cout << "after a restore: " << Ask(restored, "What was the word?") << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "branches MODEL SAVE_FILE\n";
    return 2;
  }
  try {
    TellBranches(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "branches: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
