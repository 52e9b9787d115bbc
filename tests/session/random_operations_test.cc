// Many sessions, many threads, random operations: each session's conversation comes out as if it
// had been held alone.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/session/step_many.h"
#include "tests/session/saved_session.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr size_t kSessionsPerThread = 6, kOperations = 60;
#else
constexpr size_t kSessionsPerThread = 25, kOperations = 300;
#endif
constexpr size_t kThreads = 4;

// What was done to one session, as far as it matters to what it says.
struct Operation {
  enum Kind : uint8_t { kAddUser, kAppend, kTell, kRewind, kRun } kind;
  size_t value = 0;  // which text, how often, where to
};

const char* const kTexts[] = {"What is 7 + 5?", "Hello!", "Tell me a story about Mia and a cat.",
                              "What is the capital of France?", "Count from 3 to 9."};

struct Held {
  std::unique_ptr<Session> session;
  uint64_t seed = 0;
  std::vector<Operation> script;
  std::vector<std::string> told;
  bool has_run = false;  // a part of the prompt, and nothing was told since
};

SessionOptions OptionsOf(uint64_t seed) {
  SessionOptions options = Greedy(*DemoModel());
  options.sampler.temperature = 1.1f;
  options.sampler.seed = seed;
  options.max_new_tokens = 12;
  options.max_context_tokens = 220;
  options.context_full = seed % 3 == 0 ? ContextFull::kSlide : ContextFull::kStop;
  if (seed % 4 == 1) options.stop_strings = {"cat", "7 +"};
  return options;
}

bool IsTold(const Event& event) {
  return event.kind != EventKind::kPrefill && event.kind != EventKind::kPending &&
         event.kind != EventKind::kNone;
}

std::string Words(const Event& event) {
  return std::to_string(static_cast<int>(event.kind)) + " " + std::to_string(event.token_id) + " " +
         std::string(event.text) + " " + std::to_string(static_cast<int>(event.end_reason));
}

void Note(Held& held, const Event& event) {
  if (event.kind == EventKind::kPrefill) held.has_run = true;
  if (!IsTold(event)) return;
  held.has_run = false;
  held.told.push_back(Words(event));
  if (!held.script.empty() && held.script.back().kind == Operation::kTell) {
    ++held.script.back().value;
  } else {
    held.script.push_back({Operation::kTell, 1});
  }
}

bool Add(Session& session, const Operation& operation) {
  const char* text = kTexts[operation.value % std::size(kTexts)];
  return (operation.kind == Operation::kAddUser ? session.AddUserText(text)
                                                : session.AppendText(text, {.add_bos = true}))
      .ok();
}

// One thread's sessions.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    for (size_t i = 0; i < kSessionsPerThread; ++i) {
      Held held;
      held.seed = seed * 1000 + i;
      held.session = NewSession(DemoModel(), OptionsOf(held.seed));
      held_.push_back(std::move(held));
    }
  }

  void Play() {
    for (size_t i = 0; i < kOperations; ++i) PlayOne();
  }

  void ExpectAsAlone() {
    for (const Held& held : held_) {
      const auto alone = NewSession(DemoModel(), OptionsOf(held.seed));
      std::vector<std::string> told;
      for (const Operation& operation : held.script) {
        if (operation.kind == Operation::kRewind) {
          ASSERT_TRUE(alone->Rewind(operation.value).ok());
        } else if (operation.kind == Operation::kRun) {
          ASSERT_TRUE(alone->Prefill({}).ok());
        } else if (operation.kind != Operation::kTell) {
          ASSERT_TRUE(Add(*alone, operation));
        } else {
          for (size_t left = operation.value; left > 0;) {
            Event event;
            ASSERT_TRUE(alone->Step({}, &event).ok());
            if (!IsTold(event)) continue;
            told.push_back(Words(event));
            --left;
          }
        }
      }
      ASSERT_EQ(held.told, told) << "seed " << held.seed;
      ASSERT_EQ(held.session->position(), alone->position());
      if (alone->position() == 0) continue;
      ASSERT_TRUE(held.session->Prefill({}).ok() && alone->Prefill({}).ok());
      if (!alone->Logits().ok()) continue;
      ASSERT_EQ(LogitsOf(*held.session), LogitsOf(*alone)) << "seed " << held.seed;
    }
  }

 private:
  size_t Pick(size_t count) { return random_() % count; }

  void PlayOne() {
    Held& held = held_[Pick(held_.size())];
    switch (Pick(12)) {
      case 0:
      case 1: {
        const Operation operation{Pick(4) == 0 ? Operation::kAppend : Operation::kAddUser,
                                  Pick(std::size(kTexts))};
        // An opening of the model's turn stays if it was run, so that must be the same.
        if (held.has_run) {
          ASSERT_TRUE(held.session->Prefill({}).ok());
          held.script.push_back({Operation::kRun});
        }
        held.has_run = false;
        if (Add(*held.session, operation)) held.script.push_back(operation);
        return;
      }
      case 2: {
        const size_t position = held.session->position();
        const size_t to = position - std::min(position, Pick(40));
        ASSERT_TRUE(held.session->Rewind(to).ok());
        held.script.push_back({Operation::kRewind, to});
        held.has_run = false;
        return;
      }
      case 3: {
        Held& other = held_[Pick(held_.size())];
        if (&other == &held) return;
        auto fork = held.session->Fork();
        ASSERT_TRUE(fork.ok());
        other = {std::move(*fork), held.seed, held.script, held.told, held.has_run};
        return;
      }
      case 4: SaveAndRestore(held); return;
      case 5: {
        CancelFlag cancel;
        cancel.Set();
        Event event;
        (void)held.session->Step({&cancel}, &event);
        ASSERT_FALSE(IsTold(event));
        return;
      }
      case 6:
      case 7: {
        StepOptions options;
        if (Pick(2) == 0) options.deadline = Deadline::min();
        Event event;
        if (held.session->Step(options, &event).ok()) Note(held, event);
        return;
      }
      default: StepGroup(); return;
    }
  }

  void SaveAndRestore(Held& held) {
    const Bytes bytes = Saved(*held.session);
    held.session = NewSession(DemoModel(), OptionsOf(held.seed));
    const Status status = RestoreFrom(bytes, *held.session);
    ASSERT_TRUE(status.ok()) << status.message();
  }

  void StepGroup() {
    std::vector<Session*> group;
    std::vector<size_t> indices;
    for (size_t i = 0; i < held_.size(); ++i) {
      if (Pick(3) != 0) continue;
      group.push_back(held_[i].session.get());
      indices.push_back(i);
    }
    StepMany step_many;
    std::vector<Event> events(group.size());
    std::vector<Status> results(group.size());
    StepOptions options;
    if (Pick(3) == 0) options.deadline = Deadline::min();
    for (size_t round = 0; round < 6; ++round) {
      ASSERT_TRUE(step_many.Run(group, options, events, results).ok());
      for (size_t i = 0; i < group.size(); ++i) {
        if (results[i].ok()) Note(held_[indices[i]], events[i]);
      }
    }
  }

  std::mt19937_64 random_;
  std::vector<Held> held_;
};

TEST(RandomOperationsTest, EverySessionSaysWhatItSaysAlone) {
  DemoModel();
  std::vector<std::unique_ptr<World>> worlds;
  for (size_t i = 0; i < kThreads; ++i) worlds.push_back(std::make_unique<World>(i + 1));
  std::vector<std::thread> threads;
  for (const auto& world : worlds) threads.emplace_back([&world] { world->Play(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& world : worlds) {
    world->ExpectAsAlone();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace gemma4
