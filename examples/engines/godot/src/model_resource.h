// Gemma4Model, a Resource: a checkpoint, loaded in the background, and the frame's one pass through
// it for all characters who talk.
#ifndef GEMMA4_GODOT_MODEL_RESOURCE_H_
#define GEMMA4_GODOT_MODEL_RESOURCE_H_

#include <gemma4/gemma4.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "binding.h"

namespace gemma4_godot {

// One who takes part in the frames of a model.
class Talker {
 public:
  virtual gemma4_session* session() = 0;
  // What this frame brought; texts live until it returns. Must not call into the engine.
  virtual void Take(const gemma4_event& event) = 0;

 protected:
  ~Talker() = default;
};

class ModelResource {
 public:
  static const Class& Description();

  enum class State { kIdle, kLoading, kReady, kFailed };

  explicit ModelResource(GDExtensionObjectPtr object) : object_(object) {}
  ~ModelResource();
  ModelResource(const ModelResource&) = delete;
  ModelResource& operator=(const ModelResource&) = delete;

  // Starts to load, on a thread of its own, unless that was done.
  void BeginLoad();
  State state();
  const std::string& error() const { return error_; }
  gemma4_model* model() { return model_; }

  // Who joined takes part in every frame until it leaves.
  void Join(Talker* talker);
  void Leave(Talker* talker);
  // Runs the pass of frame `frame_index` if no other character has: at most frame_budget_us.
  void RunFrame(int64_t frame_index);

 private:
  void Load(std::string path, gemma4_load_params params);

  const GDExtensionObjectPtr object_;
  std::string path_;
  int64_t weights_ = GEMMA4_WEIGHTS_AUTO;
  int64_t num_threads_ = 0;
  int64_t frame_budget_us_ = 4000;

  std::thread loader_;
  gemma4_cancel* cancel_ = nullptr;
  std::atomic<State> state_ = State::kIdle;
  // Written by the loader before it sets state_.
  gemma4_model* model_ = nullptr;
  std::string error_;

  std::vector<Talker*> talkers_;
  int64_t last_frame_index_ = -1;
};

}  // namespace gemma4_godot

#endif  // GEMMA4_GODOT_MODEL_RESOURCE_H_
