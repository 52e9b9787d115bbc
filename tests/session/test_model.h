// Models and runs that the tests of sessions share.
#ifndef GEMMA4_TESTS_SESSION_TEST_MODEL_H_
#define GEMMA4_TESTS_SESSION_TEST_MODEL_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/session/loaded_model.h"
#include "lib/session/session.h"

namespace gemma4 {

using ModelPtr = std::shared_ptr<const LoadedModel>;

inline const char kDemoModelPath[] = GEMMA4_SOURCE_DIR "/tools/demo_model";

inline ModelPtr LoadModel(const std::string& path, const LoadOptions& options = {}) {
  auto model = LoadedModel::LoadFromPath(path, options);
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? std::move(model).value() : nullptr;
}

// Loaded once for all tests of a program. One thread: tests run side by side, and threads that wait
// for each other on a full machine are slow.
inline const ModelPtr& DemoModel() {
  static const ModelPtr model = [] {
    LoadOptions options;
    options.num_threads = 1;
    return LoadModel(kDemoModelPath, options);
  }();
  return model;
}

inline SessionOptions Greedy(const LoadedModel& model) {
  SessionOptions options;
  options.stop_token_ids = model.generation_config().stop_token_ids;
  return options;
}

inline std::unique_ptr<Session> NewSession(const ModelPtr& model, const SessionOptions& options) {
  auto session = Session::Create(model, options);
  EXPECT_TRUE(session.ok()) << session.status().message();
  return std::move(session).value();
}

inline std::unique_ptr<Session> NewSession(const ModelPtr& model) {
  return NewSession(model, Greedy(*model));
}

// The bits of the last logits.
inline std::vector<float> LogitsOf(Session& session) {
  auto logits = session.Logits();
  EXPECT_TRUE(logits.ok()) << logits.status().message();
  return {logits->begin(), logits->end()};
}

struct Reply {
  std::string text;
  std::vector<int32_t> ids;
  EndReason reason = EndReason::kNone;
  int32_t stop_token = -1;
};

// Steps until the end, or until `max_tokens` were made.
inline Reply Generate(Session& session, size_t max_tokens = 100000) {
  Reply reply;
  while (reply.ids.size() < max_tokens) {
    Event event;
    const Status status = session.Step({}, &event);
    EXPECT_TRUE(status.ok()) << status.message();
    if (!status.ok()) break;
    if (event.kind == EventKind::kText) reply.text += event.text;
    if (event.kind != EventKind::kEnd && event.token_id >= 0) reply.ids.push_back(event.token_id);
    if (event.kind == EventKind::kEnd) {
      reply.reason = event.end_reason;
      reply.stop_token = event.token_id;
      break;
    }
  }
  return reply;
}

// A raw prompt's ids, control tokens by name.
inline std::vector<int32_t> Parse(const LoadedModel& model, std::string_view text) {
  auto ids = model.Encode(text, {.parse_special = true});
  EXPECT_TRUE(ids.ok()) << ids.status().message();
  return std::move(ids).value();
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_SESSION_TEST_MODEL_H_
