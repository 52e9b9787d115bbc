#include "character_node.h"

#include <algorithm>

namespace gemma4_godot {
namespace {

constexpr int32_t kNotificationInternalProcess = 25;

CharacterNode& Self(void* self) { return *static_cast<CharacterNode*>(self); }

GDExtensionObjectPtr Create(void*) {
  GDExtensionObjectPtr object = NewObject("Node");
  Bind(object, "Gemma4Character", new CharacterNode(object));
  return object;
}

void Free(void*, GDExtensionClassInstancePtr self) { delete &Self(self); }

void Notify(GDExtensionClassInstancePtr self, int32_t what, GDExtensionBool) {
  if (what == kNotificationInternalProcess) Self(self).Process();
}

const char* ReasonName(gemma4_end_reason reason) {
  switch (reason) {
    case GEMMA4_END_STOP_TOKEN: return "stop";
    case GEMMA4_END_MAX_TOKENS: return "max_new_tokens";
    case GEMMA4_END_CONTEXT_FULL: return "context_full";
    default: return "other";
  }
}

}  // namespace

const Class& CharacterNode::Description() {
  constexpr uint32_t kHintRange = 1, kHintResourceType = 17, kHintMultilineText = 18;
  const Value text = {GDEXTENSION_VARIANT_TYPE_STRING, "text"};
  static const Class description = {
      "Gemma4Character",
      "Node",
      Create,
      Free,
      Notify,
      {
          {{GDEXTENSION_VARIANT_TYPE_OBJECT, "model", "Gemma4Model", kHintResourceType,
            "Gemma4Model"},
           [](void* self, const std::vector<Variant>&) { return Self(self).model_; },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).Reset();
             Self(self).model_ = arguments[0];
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_STRING, "system_prompt", "", kHintMultilineText},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Text(Self(self).system_prompt_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).system_prompt_ = arguments[0].to_text();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_STRING, "tools_json", "", kHintMultilineText},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Text(Self(self).tools_json_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).tools_json_ = arguments[0].to_text();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_BOOL, "enable_thinking"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Bool(Self(self).enable_thinking_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).enable_thinking_ = arguments[0].to_int() != 0;
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_FLOAT, "temperature", "", kHintRange, "-1,2,0.01"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Float(Self(self).temperature_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).temperature_ = arguments[0].to_float();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "seed"},
           [](void* self, const std::vector<Variant>&) { return Variant::Int(Self(self).seed_); },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).seed_ = arguments[0].to_int();
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "max_new_tokens", "", kHintRange, "0,8192"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Int(Self(self).max_new_tokens_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).max_new_tokens_ = std::max<int64_t>(0, arguments[0].to_int());
             return Variant();
           }},
          {{GDEXTENSION_VARIANT_TYPE_INT, "max_context_tokens", "", kHintRange, "0,131072"},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Int(Self(self).max_context_tokens_);
           },
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).max_context_tokens_ = std::max<int64_t>(0, arguments[0].to_int());
             return Variant();
           }},
      },
      {
          {"say",
           {},
           {text},
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).Say(arguments[0].to_text());
             return Variant();
           }},
          {"add_tool_result",
           {},
           {{GDEXTENSION_VARIANT_TYPE_INT, "call_id"}, {GDEXTENSION_VARIANT_TYPE_STRING, "result"}},
           [](void* self, const std::vector<Variant>& arguments) {
             Self(self).AddToolResult(arguments[0].to_int(), arguments[1].to_text());
             return Variant();
           }},
          {"cancel",
           {},
           {},
           [](void* self, const std::vector<Variant>&) {
             Self(self).Cancel();
             return Variant();
           }},
          {"reset",
           {},
           {},
           [](void* self, const std::vector<Variant>&) {
             Self(self).Reset();
             return Variant();
           }},
          {"is_talking",
           {GDEXTENSION_VARIANT_TYPE_BOOL},
           {},
           [](void* self, const std::vector<Variant>&) {
             return Variant::Bool(Self(self).is_talking());
           }},
      },
      {
          {"token", {text}},
          {"thought", {text}},
          {"tool_call",
           {{GDEXTENSION_VARIANT_TYPE_INT, "call_id"},
            {GDEXTENSION_VARIANT_TYPE_STRING, "name"},
            {GDEXTENSION_VARIANT_TYPE_STRING, "arguments_json"}}},
          {"finished", {text, {GDEXTENSION_VARIANT_TYPE_STRING, "reason"}}},
          {"failed", {{GDEXTENSION_VARIANT_TYPE_STRING, "message"}}},
      },
  };
  return description;
}

CharacterNode::~CharacterNode() {
  if (joined_ != nullptr) joined_->Leave(this);
  gemma4_session_free(session_);
}

ModelResource* CharacterNode::model() {
  return static_cast<ModelResource*>(Bound(model_.to_object()));
}

void CharacterNode::SetProcessing(bool on) {
  Variant::Object(object_).Call("set_process_internal", {Variant::Bool(on)});
}

void CharacterNode::Say(const std::string& text) {
  questions_.push_back(text);
  if (model() != nullptr) model()->BeginLoad();
  SetProcessing(true);
}

void CharacterNode::AddToolResult(int64_t call_id, const std::string& result) {
  tool_results_.push_back({call_id, result});
  SetProcessing(true);
}

void CharacterNode::Cancel() {
  questions_.clear();
  if (is_talking_) EndAnswer("cancelled");
}

void CharacterNode::Reset() {
  questions_.clear();
  notices_.clear();
  tool_results_.clear();
  Pause();
  is_talking_ = false;
  gemma4_session_free(session_);
  session_ = nullptr;
}

bool CharacterNode::CreateSession() {
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  sampler.temperature = static_cast<float>(temperature_);
  sampler.seed = static_cast<uint64_t>(seed_);
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.sampler = &sampler;
  params.max_new_tokens = static_cast<size_t>(max_new_tokens_);
  params.max_context_tokens = std::min(static_cast<size_t>(max_context_tokens_),
                                       gemma4_model_max_context_tokens(model()->model()));
  if (gemma4_session_create(model()->model(), &params, &session_) != GEMMA4_OK) return false;
  const bool is_set_up =
      (system_prompt_.empty() ||
       gemma4_session_add_system_text(session_, system_prompt_.data(), system_prompt_.size()) ==
           GEMMA4_OK) &&
      (tools_json_.empty() || gemma4_session_set_tools_json(session_, tools_json_.data(),
                                                            tools_json_.size()) == GEMMA4_OK) &&
      (!enable_thinking_ || gemma4_session_set_thinking(session_, 1) == GEMMA4_OK);
  if (is_set_up) return true;
  gemma4_session_free(session_);
  session_ = nullptr;
  return false;
}

void CharacterNode::BeginAnswer() {
  const std::string question = std::move(questions_.front());
  questions_.pop_front();
  if ((session_ == nullptr && !CreateSession()) ||
      gemma4_session_add_user_text(session_, question.data(), question.size()) != GEMMA4_OK) {
    Fail(gemma4_last_error_message());
    return;
  }
  is_talking_ = true;
  answer_.clear();
  num_tool_calls_ = 0;
  tool_results_.clear();
  joined_ = model();
  joined_->Join(this);
}

// Takes part in no more frames, until it joins again.
void CharacterNode::Pause() {
  if (joined_ != nullptr) joined_->Leave(this);
  joined_ = nullptr;
}

void CharacterNode::GiveToolResults() {
  for (const ToolResult& result : tool_results_) {
    const auto id = static_cast<int32_t>(result.call_id);
    // What is JSON is given as such; any other text is a result, too.
    if (gemma4_session_add_tool_result_json(session_, id, result.text.data(), result.text.size()) ==
        GEMMA4_OK) {
      continue;
    }
    if (gemma4_session_add_tool_result(session_, id, result.text.data(), result.text.size()) !=
        GEMMA4_OK) {
      const std::string message = gemma4_last_error_message();
      EndAnswer("failed");
      Fail(message);
      return;
    }
  }
  tool_results_.clear();
  num_tool_calls_ = 0;
  joined_ = model();
  joined_->Join(this);
}

void CharacterNode::EndAnswer(const char* reason) {
  Pause();
  is_talking_ = false;
  notices_.push_back({"finished", {Variant::Text(answer_), Variant::Text(reason)}});
}

void CharacterNode::Fail(const std::string& text) {
  questions_.clear();
  notices_.push_back({"failed", {Variant::Text(text)}});
}

void CharacterNode::Take(const gemma4_event& event) {
  if (event.status != GEMMA4_OK) {
    EndAnswer("failed");
    Fail(gemma4_status_name(event.status));
  } else if (event.kind == GEMMA4_EVENT_TEXT && event.text_size > 0) {
    const std::string text(event.text, event.text_size);
    answer_ += text;
    notices_.push_back({"token", {Variant::Text(text)}});
  } else if (event.kind == GEMMA4_EVENT_THOUGHT && event.text_size > 0) {
    notices_.push_back({"thought", {Variant::Text({event.text, event.text_size})}});
  } else if (event.kind == GEMMA4_EVENT_TOOL_CALL) {
    ++num_tool_calls_;
    notices_.push_back({"tool_call",
                        {Variant::Int(event.tool_call_id), Variant::Text(event.tool_name),
                         Variant::Text(event.tool_arguments_json)}});
  } else if (event.kind == GEMMA4_EVENT_END && event.end_reason == GEMMA4_END_TOOL_CALLS) {
    Pause();  // until the results are there
  } else if (event.kind == GEMMA4_EVENT_END) {
    EndAnswer(ReasonName(event.end_reason));
  }
}

void CharacterNode::Process() {
  if (!is_talking_ && !questions_.empty()) {
    if (model() == nullptr) {
      Fail("this character has no model");
    } else if (model()->state() == ModelResource::State::kFailed) {
      Fail(model()->error());
    } else if (model()->state() == ModelResource::State::kReady) {
      BeginAnswer();
    }
  }
  const bool waits_for_tools = is_talking_ && joined_ == nullptr;
  if (waits_for_tools && tool_results_.size() >= num_tool_calls_) GiveToolResults();
  if (joined_ != nullptr) {
    joined_->RunFrame(Singleton("Engine").Call("get_process_frames").to_int());
  }

  // Whoever hears a signal may free this object, or call it.
  const uint64_t id = InstanceId(object_);
  while (!notices_.empty()) {
    const Notice notice = std::move(notices_.front());
    notices_.pop_front();
    EmitSignal(object_, notice.signal, notice.arguments);
    if (!IsAlive(id)) return;
  }
  if (!is_talking()) SetProcessing(false);
}

}  // namespace gemma4_godot
