#include "lib/text/chat/render_chat.h"

#include <span>
#include <utility>

#include "lib/base/utf8.h"
#include "lib/text/chat/control_tokens.h"
#include "lib/text/chat/python_text.h"
#include "lib/text/chat/request_path.h"
#include "lib/text/chat/tool_declaration.h"
#include "lib/text/chat/value_text.h"

namespace gemma4 {
namespace {

Status Unexpected(const RequestPath& path, const JsonValue* value, const char* expected) {
  return Status::InvalidArgument("%s is %s; %s is expected", path.Text().c_str(),
                                 DescribeJsonKind(value), expected);
}

const std::string& RoleOf(const JsonValue& message) { return message.Find("role")->text; }

bool IsText(const JsonValue* type, std::string_view text) {
  return type != nullptr && type->is_string() && type->text == text;
}

// The placeholder of a part of this type; empty for any other type.
std::string_view MediaOf(const JsonValue* type) {
  if (IsText(type, "image") || IsText(type, "image_url")) return kImage;
  if (IsText(type, "audio") || IsText(type, "input_audio")) return kAudio;
  if (IsText(type, "video")) return kVideo;
  return {};
}

// `reasoning` if it holds anything, else the first of `reasoning_content` and `thinking` that is
// not null.
std::pair<const char*, const JsonValue*> ReasoningOf(const JsonValue& message) {
  if (const JsonValue* value = message.Find("reasoning"); IsTruthy(value)) {
    return {"reasoning", value};
  }
  for (const char* key : {"reasoning_content", "thinking"}) {
    const JsonValue* value = message.Find(key);
    if (value != nullptr && !value->is_null()) return {key, value};
  }
  return {"reasoning", nullptr};
}

class ChatRenderer {
 public:
  ChatRenderer(const ChatRequest& request, ChatVariant variant)
      : request_(request), variant_(variant), messages_(request.messages.items) {}

  StatusOr<ChatPrompt> Render();

 private:
  // What the message before the generation prompt left open.
  enum class Ending { kNothing, kCall, kResponse };

  Status AddSystemTurn();
  void AddSystemParts(const JsonValue& parts);
  Status AddMessage(size_t index);
  Status AddReasoning(size_t index);
  Status AddCalls(size_t index, const JsonValue& calls);
  Status AddArguments(const RequestPath& path, const JsonValue* arguments);
  Status AddLegacyResponses(size_t index, const JsonValue& responses);
  Status AddFollowingResults(size_t index, const JsonValue& calls);
  Status AddResult(size_t index, const JsonValue& calls);
  Status AddContent(size_t index);
  void AddGenerationPrompt();

  // The next message that is no result of a tool; the number of messages if there is none.
  size_t NextTurn(size_t index) const;
  // Its place in the request, for messages.
  RequestPath PathOf(size_t index) const {
    return RequestPath("messages").Element(first_in_request_ + index);
  }

  const ChatRequest& request_;
  const ChatVariant variant_;
  std::span<const JsonValue> messages_;  // after the system turn, those that are left
  size_t first_in_request_ = 0;          // place of messages_[0]
  size_t num_before_thoughts_ = 0;       // messages up to the last of a user: their thoughts go
  bool follows_assistant_ = false;       // the turn before was an assistant's
  Ending ending_ = Ending::kNothing;
  ChatPrompt prompt_;
};

StatusOr<ChatPrompt> ChatRenderer::Render() {
  prompt_.AddControl(kBos);
  GEMMA4_RETURN_IF_ERROR(AddSystemTurn());
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (RoleOf(messages_[i]) == "user") num_before_thoughts_ = i + 1;
  }
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (RoleOf(messages_[i]) != "tool") GEMMA4_RETURN_IF_ERROR(AddMessage(i));
  }
  if (request_.add_generation_prompt) AddGenerationPrompt();
  return std::move(prompt_);
}

Status ChatRenderer::AddSystemTurn() {
  const bool has_message = !messages_.empty() && (RoleOf(messages_[0]) == "system" ||
                                                  RoleOf(messages_[0]) == "developer");
  if (!has_message && !request_.enable_thinking && !IsTruthy(&request_.tools)) return Status::Ok();
  prompt_.AddControl(kBeginTurn);
  prompt_.AddTemplate("system\n");
  if (request_.enable_thinking) {
    prompt_.AddControl(kThink);
    prompt_.AddTemplate("\n");
  }
  if (has_message) {
    const JsonValue* content = messages_[0].Find("content");
    if (content != nullptr && content->is_string()) {
      prompt_.AddContent(TrimWhitespace(content->text));
    } else if (content != nullptr) {
      AddSystemParts(*content);
    }
    messages_ = messages_.subspan(1);
    first_in_request_ = 1;
  }
  GEMMA4_RETURN_IF_ERROR(AddToolDeclarations(request_.tools, &prompt_));
  prompt_.AddControl(kEndTurn);
  prompt_.AddTemplate("\n");
  return Status::Ok();
}

// Each part is its text and a space, whatever its type: of an image only the space is left.
void ChatRenderer::AddSystemParts(const JsonValue& parts) {
  for (const JsonValue& part : parts.items) {
    if (parts.is_list()) {
      const JsonValue* text = part.Find("text");
      if (text != nullptr) prompt_.AddContent(TrimWhitespace(PythonText(*text)));
    }
    prompt_.AddTemplate(" ");
  }
}

size_t ChatRenderer::NextTurn(size_t index) const {
  do {
    ++index;
  } while (index < messages_.size() && RoleOf(messages_[index]) == "tool");
  return index;
}

Status ChatRenderer::AddMessage(size_t index) {
  const JsonValue& message = messages_[index];
  const bool is_assistant = RoleOf(message) == "assistant";
  const bool is_model = is_assistant || RoleOf(message) == "model";
  if (!(is_model && follows_assistant_)) {
    prompt_.AddControl(kBeginTurn);
    if (is_assistant) {
      prompt_.AddTemplate("model");
    } else {
      prompt_.AddContent(RoleOf(message));
    }
    prompt_.AddTemplate("\n");
  }
  follows_assistant_ = is_assistant;
  ending_ = Ending::kNothing;

  GEMMA4_RETURN_IF_ERROR(AddReasoning(index));
  const JsonValue* calls = message.Find("tool_calls");
  const bool has_calls = IsTruthy(calls);
  if (has_calls) GEMMA4_RETURN_IF_ERROR(AddCalls(index, *calls));
  if (const JsonValue* responses = message.Find("tool_responses"); IsTruthy(responses)) {
    GEMMA4_RETURN_IF_ERROR(AddLegacyResponses(index, *responses));
  } else if (has_calls) {
    GEMMA4_RETURN_IF_ERROR(AddFollowingResults(index, *calls));
  }

  ChatPrompt before = std::exchange(prompt_, ChatPrompt());
  GEMMA4_RETURN_IF_ERROR(AddContent(index));
  const bool has_content = prompt_.IsVisible();
  before.Append(std::exchange(prompt_, ChatPrompt()));
  prompt_ = std::move(before);

  const size_t next = NextTurn(index);
  const bool has_next = next < messages_.size();
  const bool responded = ending_ == Ending::kResponse;
  if (ending_ == Ending::kCall) {
    prompt_.AddControl(kBeginToolResponse);  // the model waits in its open turn
  } else if (is_model && has_next && RoleOf(messages_[next]) == "assistant") {
    // The next message continues this turn.
  } else if (responded && !has_content && !has_next) {
    // The model goes on behind the responses.
  } else {
    prompt_.AddControl(kEndTurn);
    prompt_.AddTemplate("\n");
  }
  return Status::Ok();
}

Status ChatRenderer::AddReasoning(size_t index) {
  const JsonValue& message = messages_[index];
  const auto [key, reasoning] = ReasoningOf(message);
  const bool is_shown = index >= num_before_thoughts_ ||
                        (request_.preserve_thinking && IsTruthy(message.Find("tool_calls")));
  if (!IsTruthy(reasoning) || !is_shown) return Status::Ok();
  if (!reasoning->is_string()) return Unexpected(PathOf(index).Member(key), reasoning, "a string");
  prompt_.AddControl(kBeginChannel);
  prompt_.AddTemplate("thought\n");
  prompt_.AddContent(reasoning->text);
  prompt_.AddTemplate("\n");
  prompt_.AddControl(kEndChannel);
  return Status::Ok();
}

Status ChatRenderer::AddCalls(size_t index, const JsonValue& calls) {
  const RequestPath path = PathOf(index).Member("tool_calls");
  if (!calls.is_list()) return Unexpected(path, &calls, "a list");
  for (size_t i = 0; i < calls.items.size(); ++i) {
    const RequestPath at = path.Element(i).Member("function");
    const JsonValue* function = calls.items[i].Find("function");
    if (function == nullptr || !function->is_object()) return Unexpected(at, function, "an object");
    const JsonValue* name = function->Find("name");
    if (name == nullptr || !name->is_string()) {
      return Unexpected(at.Member("name"), name, "a string");
    }
    prompt_.AddControl(kBeginToolCall);
    prompt_.AddTemplate("call:");
    prompt_.AddContent(name->text);
    prompt_.AddTemplate("{");
    GEMMA4_RETURN_IF_ERROR(AddArguments(at.Member("arguments"), function->Find("arguments")));
    prompt_.AddTemplate("}");
    prompt_.AddControl(kEndToolCall);
  }
  ending_ = Ending::kCall;
  return Status::Ok();
}

Status ChatRenderer::AddArguments(const RequestPath& path, const JsonValue* arguments) {
  constexpr const char* kExpected = "an object, a string that holds one, or null";
  if (arguments != nullptr && arguments->is_null()) return Status::Ok();
  if (arguments != nullptr && arguments->is_object()) {
    AddMembers(*arguments, KeyStyle::kBare, &prompt_);
    return Status::Ok();
  }
  if (arguments == nullptr || !arguments->is_string()) {
    return Unexpected(path, arguments, kExpected);
  }
  const StatusOr<JsonValue> parsed = ParseJsonValue(arguments->text);
  if (!parsed.ok() || !parsed->is_object()) {
    return Status::InvalidArgument("%s is a string that holds no JSON object; %s is expected",
                                   path.Text().c_str(), kExpected);
  }
  AddMembers(*parsed, KeyStyle::kBare, &prompt_);
  return Status::Ok();
}

Status ChatRenderer::AddLegacyResponses(size_t index, const JsonValue& responses) {
  const RequestPath path = PathOf(index).Member("tool_responses");
  if (!responses.is_list()) return Unexpected(path, &responses, "a list");
  for (size_t i = 0; i < responses.items.size(); ++i) {
    const JsonValue* name = responses.items[i].Find("name");
    const bool has_name = IsTruthy(name);
    if (has_name && !name->is_string()) {
      return Unexpected(path.Element(i).Member("name"), name, "a string");
    }
    prompt_.AddControl(kBeginToolResponse);
    const JsonValue* response = responses.items[i].Find("response");
    static const JsonValue kNone = {.kind = JsonValue::Kind::kList};  // absent prints as []
    AddToolResponse(has_name ? name->text : "unknown", response == nullptr ? kNone : *response,
                    &prompt_);
    ending_ = Ending::kResponse;
  }
  return Status::Ok();
}

Status ChatRenderer::AddFollowingResults(size_t index, const JsonValue& calls) {
  for (size_t i = index + 1; i < messages_.size() && RoleOf(messages_[i]) == "tool"; ++i) {
    GEMMA4_RETURN_IF_ERROR(AddResult(i, calls));
    ending_ = Ending::kResponse;
  }
  return Status::Ok();
}

Status ChatRenderer::AddResult(size_t index, const JsonValue& calls) {
  const JsonValue& result = messages_[index];
  const JsonValue* own_name = result.Find("name");
  const JsonValue* called_name = nullptr;
  for (const JsonValue& call : calls.items) {
    if (PythonEquals(call.Find("id"), result.Find("tool_call_id"))) {
      called_name = call.Find("function")->Find("name");
    }
  }
  std::string name = "unknown";
  if (called_name != nullptr) {
    name = called_name->text;  // a string; AddCalls has seen to it
  } else if (IsTruthy(own_name)) {
    if (!own_name->is_string()) {
      return Unexpected(PathOf(index).Member("name"), own_name, "a string");
    }
    name = own_name->text;
  }

  prompt_.AddControl(kBeginToolResponse);
  const RequestPath path = PathOf(index).Member("content");
  const JsonValue* content = result.Find("content");
  if (content == nullptr || (!content->is_list() && !content->is_object())) {
    AddToolResponse(name, content == nullptr ? JsonValue() : *content, &prompt_);
    return Status::Ok();
  }
  if (content->is_object() && !content->items.empty()) {
    return Unexpected(path, content, "text, a list of parts or a scalar");
  }
  JsonValue text = JsonValue::String("");
  for (size_t i = 0; i < content->items.size(); ++i) {
    const JsonValue& part = content->items[i];
    if (!part.is_object()) return Unexpected(path.Element(i), &part, "an object");
    if (!IsText(part.Find("type"), "text")) continue;
    const JsonValue* part_text = part.Find("text");
    if (part_text == nullptr || !part_text->is_string()) {
      return Unexpected(path.Element(i).Member("text"), part_text, "a string");
    }
    text.text += part_text->text;
  }
  AddToolResponse(name, text, &prompt_);
  for (const JsonValue& part : content->items) {
    const std::string_view media = MediaOf(part.Find("type"));
    if (!media.empty()) prompt_.AddMedia(media);
  }
  return Status::Ok();
}

Status ChatRenderer::AddContent(size_t index) {
  const JsonValue& message = messages_[index];
  const bool is_model = RoleOf(message) == "assistant" || RoleOf(message) == "model";
  const auto add_text = [&](const std::string& text) {
    if (is_model) {
      prompt_.AddContent(WithoutThoughts(text));
    } else {
      prompt_.AddContent(TrimWhitespace(text));
    }
  };
  const RequestPath path = PathOf(index).Member("content");
  const JsonValue* content = message.Find("content");
  if (content == nullptr) return Status::Ok();
  if (content->is_string()) {
    add_text(content->text);
    return Status::Ok();
  }
  if (content->is_object() && !content->items.empty()) {
    return Unexpected(path, content, "text or a list of parts");
  }
  for (size_t i = 0; i < content->items.size(); ++i) {
    const JsonValue& part = content->items[i];
    if (!part.is_object()) return Unexpected(path.Element(i), &part, "an object");
    const JsonValue* type = part.Find("type");
    if (IsText(type, "text")) {
      const JsonValue* text = part.Find("text");
      if (is_model && (text == nullptr || !text->is_string())) {
        return Unexpected(path.Element(i).Member("text"), text, "a string");
      }
      if (text != nullptr) add_text(PythonText(*text));
    } else if (const std::string_view media = MediaOf(type); !media.empty()) {
      prompt_.AddMedia(media);
    }
  }
  return Status::Ok();
}

void ChatRenderer::AddGenerationPrompt() {
  if (ending_ == Ending::kCall) return;
  if (ending_ == Ending::kResponse) {
    if (!request_.enable_thinking) return;
    prompt_.AddControl(kBeginChannel);
    prompt_.AddTemplate("thought\n");
    return;
  }
  prompt_.AddControl(kBeginTurn);
  prompt_.AddTemplate("model\n");
  if (variant_ == ChatVariant::kLarge && !request_.enable_thinking) {
    prompt_.AddControl(kBeginChannel);
    prompt_.AddTemplate("thought\n");
    prompt_.AddControl(kEndChannel);
  }
}

}  // namespace

StatusOr<ChatPrompt> RenderChat(const ChatRequest& request, ChatVariant variant) {
  return ChatRenderer(request, variant).Render();
}

std::string WithoutThoughts(std::string_view text) {
  std::string kept;
  for (;;) {
    const size_t end = text.find(kEndChannel);
    const std::string_view part = text.substr(0, end);
    kept += part.substr(0, part.find(kBeginChannel));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + kEndChannel.size());
  }
  return std::string(TrimWhitespace(kept));
}

}  // namespace gemma4
