// Gemma4Character, a Node: one conversation with a Gemma4Model, in signals.
#ifndef GEMMA4_GODOT_CHARACTER_NODE_H_
#define GEMMA4_GODOT_CHARACTER_NODE_H_

#include <deque>
#include <string>

#include "binding.h"
#include "model_resource.h"

namespace gemma4_godot {

// Everything happens on the main thread, in the frame's own processing.
class CharacterNode final : public Talker {
 public:
  static const Class& Description();

  explicit CharacterNode(GDExtensionObjectPtr object) : object_(object) {}
  ~CharacterNode();
  CharacterNode(const CharacterNode&) = delete;
  CharacterNode& operator=(const CharacterNode&) = delete;

  // Appends what the player says; the answer begins with the next frame, after the answers to what
  // was said before.
  void Say(const std::string& text);
  // What a tool that the character called gave back, as JSON or as text. When every call of a turn
  // has its result, the answer goes on.
  void AddToolResult(int64_t call_id, const std::string& result);
  // Ends the answer that is being made, and forgets what waits to be answered.
  void Cancel();
  // Forgets the conversation.
  void Reset();
  bool is_talking() const { return is_talking_ || !questions_.empty(); }

  // A frame. Signals go out here: when it returns, this object may be gone.
  void Process();

  gemma4_session* session() override { return session_; }
  void Take(const gemma4_event& event) override;

 private:
  // A signal that waits to be sent.
  struct Notice {
    const char* signal;
    std::vector<Variant> arguments;
  };

  ModelResource* model();
  bool CreateSession();
  void BeginAnswer();
  void Pause();
  void EndAnswer(const char* reason);
  void GiveToolResults();
  void Fail(const std::string& text);
  void SetProcessing(bool on);

  const GDExtensionObjectPtr object_;
  Variant model_;  // keeps the resource alive
  std::string system_prompt_;
  std::string tools_json_;
  bool enable_thinking_ = false;
  double temperature_ = -1;
  int64_t seed_ = 0;
  int64_t max_new_tokens_ = 256;
  int64_t max_context_tokens_ = 2048;

  struct ToolResult {
    int64_t call_id;
    std::string text;
  };

  ModelResource* joined_ = nullptr;  // while it takes part in frames
  gemma4_session* session_ = nullptr;
  std::deque<std::string> questions_;
  bool is_talking_ = false;  // an answer has begun, and is not over
  std::string answer_;
  size_t num_tool_calls_ = 0;  // of this turn
  std::vector<ToolResult> tool_results_;
  std::deque<Notice> notices_;
};

}  // namespace gemma4_godot

#endif  // GEMMA4_GODOT_CHARACTER_NODE_H_
