// Random conversations for as long as they are asked for: soak [SECONDS] [MODEL]. Prints the
// resident memory each minute, and at the end how fast it grew after the first tenth of the time.
// Exits with 1 if that is 1 MB an hour or more.
#include <gemma4/gemma4.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

void Require(gemma4_status status) {
  if (status == GEMMA4_OK) return;
  std::fprintf(stderr, "%s\n", gemma4_last_error_message());
  std::exit(2);
}

double ResidentMegabytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

const char* const kTexts[] = {"What is the capital of France?",
                              "Tell me a story about Mia and a cat.", "What is 7 + 5?", "Hello!",
                              "Write a haiku."};

class World {
 public:
  explicit World(gemma4_model* model) : model_(model), sessions_(12) {
    for (gemma4_session*& session : sessions_) session = NewSession();
  }
  ~World() {
    for (gemma4_session* session : sessions_) gemma4_session_free(session);
  }

  void DoSomething() {
    gemma4_session*& session = sessions_[Pick(sessions_.size())];
    switch (Pick(10)) {
      case 0:
        gemma4_session_free(session);
        session = NewSession();
        return;
      case 1: {
        gemma4_session* fork = nullptr;
        Require(gemma4_session_fork(session, &fork));
        gemma4_session*& place = sessions_[Pick(sessions_.size())];
        gemma4_session_free(place);
        place = fork;
        return;
      }
      case 2: {
        size_t size = 0;
        Require(gemma4_session_save_memory(session, nullptr, 0, &size));
        std::vector<char> bytes(size);
        Require(gemma4_session_save_memory(session, bytes.data(), size, &size));
        Require(gemma4_session_restore_memory(session, bytes.data(), size));
        return;
      }
      case 3: Require(gemma4_session_rewind(session, gemma4_session_position(session) / 2)); return;
      case 4:
      case 5:
        Require(gemma4_session_add_user_text(session, kTexts[Pick(std::size(kTexts))],
                                             GEMMA4_NUL_TERMINATED));
        return;
      default: StepSome(); return;
    }
  }

 private:
  size_t Pick(size_t count) { return random_() % count; }

  gemma4_session* NewSession() {
    gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
    sampler.temperature = 1.0f;
    sampler.seed = random_();
    if (Pick(4) == 0) {
      sampler.json_schema = "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":9}}";
    }
    gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
    params.sampler = &sampler;
    params.max_new_tokens = 40;
    params.max_context_tokens = 300;
    params.context_full = GEMMA4_CONTEXT_SLIDE;
    gemma4_session* session = nullptr;
    Require(gemma4_session_create(model_, &params, &session));
    return session;
  }

  void StepSome() {
    std::vector<gemma4_event> events(sessions_.size());
    gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
    if (Pick(2) == 0) step.time_budget_us = 200;
    for (int i = 0; i < 20; ++i) {
      events[0] = GEMMA4_EVENT_INIT;
      Require(gemma4_step_many(sessions_.data(), sessions_.size(), &step, events.data()));
    }
  }

  gemma4_model* model_;
  std::mt19937_64 random_{1};
  std::vector<gemma4_session*> sessions_;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 7200.0;
  gemma4_model* model = nullptr;
  Require(gemma4_model_load(argc > 2 ? argv[2] : GEMMA4_DEMO_MODEL, nullptr, &model));
  std::vector<std::pair<double, double>> samples;  // seconds, megabytes
  {
    World world(model);
    const auto begin = Clock::now();
    size_t num_operations = 0;
    for (double now = 0, next = 0; now < seconds;) {
      world.DoSomething();
      ++num_operations;
      now = std::chrono::duration<double>(Clock::now() - begin).count();
      if (now < next) continue;
      next = now + seconds / 100;
      samples.emplace_back(now, ResidentMegabytes());
      if (samples.size() % 10 == 1) {
        std::printf("%7.0f s: %8.2f MB, %zu operations\n", now, samples.back().second,
                    num_operations);
        std::fflush(stdout);
      }
    }
  }
  gemma4_model_free(model);
  // Least squares over what came after the first tenth.
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const auto& [x, y] : samples) {
    if (x < seconds / 10) continue;
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx) * 3600;
  std::printf("grows by %.2f MB an hour\n", slope);
  return slope < 1.0 ? 0 : 1;
}
