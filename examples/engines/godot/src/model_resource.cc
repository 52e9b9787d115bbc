#include "model_resource.h"

#include <algorithm>

namespace gemma4_godot {
namespace {

ModelResource& Self(void* self) { return *static_cast<ModelResource*>(self); }

GDExtensionObjectPtr Create(void*) {
  GDExtensionObjectPtr object = NewObject("Resource");
  Bind(object, "Gemma4Model", new ModelResource(object));
  return object;
}

void Free(void*, GDExtensionClassInstancePtr self) { delete &Self(self); }

}  // namespace

const Class& ModelResource::Description() {
  constexpr uint32_t kHintRange = 1, kHintEnum = 2;
  static const Class description = {
      "Gemma4Model",
      "Resource",
      Create,
      Free,
      /*notify=*/nullptr,
      {
          {{GDEXTENSION_VARIANT_TYPE_STRING, "path"},
           [](void* self, const std::vector<Variant>&) { return Variant::Text(Self(self).path_); },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).path_ = arguments[0].to_text();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "weights", "", kHintEnum,
            "Auto:0,Int8:1,Exact:2,Int4:3,Int4 rows:4"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Int(Self(self).weights_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).weights_ = arguments[0].to_int();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "num_threads", "", kHintRange, "0,64"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Int(Self(self).num_threads_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).num_threads_ = std::max<int64_t>(0, arguments[0].to_int());
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "frame_budget_us", "", kHintRange, "0,100000"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Int(Self(self).frame_budget_us_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).frame_budget_us_ = std::max<int64_t>(0, arguments[0].to_int());
             return Variant();
           }},
      },
      {
          {"begin_load",
           {},
           {},
           [](void* self, const std::vector<Variant>&) {
             Self(self).BeginLoad();
             return Variant();
           }},
          {"is_ready",
           {GDEXTENSION_VARIANT_TYPE_BOOL},
           {},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Bool(Self(self).state() == State::kReady);
           }},
          {"get_error",
           {GDEXTENSION_VARIANT_TYPE_STRING},
           {},
           [](void* self, const std::vector<Variant>&) {
             const bool failed = Self(self).state() == State::kFailed;
             return Variant::Text(failed ? Self(self).error() : "");
           }},
      },
      {},
  };
  return description;
}

ModelResource::~ModelResource() {
  gemma4_cancel_set(cancel_);  // a load that is going on ends soon
  if (loader_.joinable()) loader_.join();
  gemma4_cancel_free(cancel_);
  gemma4_model_free(model_);
}

void ModelResource::BeginLoad() {
  if (state_ != State::kIdle) return;
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  params.weights = static_cast<gemma4_weights>(weights_);
  params.num_threads = static_cast<size_t>(num_threads_);
  if (gemma4_cancel_create(&cancel_) != GEMMA4_OK) {
    error_ = gemma4_last_error_message();
    state_ = State::kFailed;
    return;
  }
  params.cancel = cancel_;
  // res:// and user:// become folders of this machine.
  const std::string path =
      Singleton("ProjectSettings").Call("globalize_path", {Variant::Text(path_)}).to_text();
  state_ = State::kLoading;
  loader_ = std::thread(&ModelResource::Load, this, path, params);
}

void ModelResource::Load(std::string path, gemma4_load_params params) {
  const gemma4_status status = gemma4_model_load(path.c_str(), &params, &model_);
  if (status != GEMMA4_OK) error_ = gemma4_last_error_message();
  state_ = status == GEMMA4_OK ? State::kReady : State::kFailed;
}

ModelResource::State ModelResource::state() { return state_; }

void ModelResource::Join(Talker* talker) { talkers_.push_back(talker); }

void ModelResource::Leave(Talker* talker) {
  talkers_.erase(std::remove(talkers_.begin(), talkers_.end(), talker), talkers_.end());
}

void ModelResource::RunFrame(int64_t frame_index) {
  if (frame_index == last_frame_index_ || talkers_.empty()) return;
  last_frame_index_ = frame_index;

  // More than fit into one pass wait for their turn.
  const size_t num_talking = std::min(talkers_.size(), gemma4_model_prefill_chunk_tokens(model_));
  std::vector<gemma4_session*> sessions;
  std::vector<gemma4_event> events(num_talking, gemma4_event GEMMA4_EVENT_INIT);
  for (size_t i = 0; i < num_talking; ++i) sessions.push_back(talkers_[i]->session());

  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.time_budget_us = static_cast<uint64_t>(frame_budget_us_);
  const gemma4_status status = gemma4_step_many(sessions.data(), num_talking, &step, events.data());
  const std::vector<Talker*> talkers(talkers_.begin(), talkers_.begin() + num_talking);
  for (size_t i = 0; i < num_talking; ++i) {
    if (status != GEMMA4_OK) events[i].status = status;
    talkers[i]->Take(events[i]);
  }
  if (num_talking < talkers_.size()) {
    std::rotate(talkers_.begin(), talkers_.begin() + num_talking, talkers_.end());
  }
}

}  // namespace gemma4_godot
