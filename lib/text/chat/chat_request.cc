#include "lib/text/chat/chat_request.h"

#include <utility>

namespace gemma4 {
namespace {

StatusOr<bool> Flag(const JsonValue& document, const char* key) {
  const JsonValue* value = document.Find(key);
  if (value == nullptr || value->is_null()) return false;
  if (value->kind != JsonValue::Kind::kBool) {
    return Status::InvalidArgument("%s is %s; true or false is expected", key,
                                   DescribeJsonKind(value));
  }
  return value->boolean;
}

StatusOr<std::optional<ChatVariant>> Variant(const JsonValue& document) {
  const JsonValue* value = document.Find("template");
  if (value == nullptr || value->is_null()) return std::optional<ChatVariant>();
  if (value->is_string()) {
    if (value->text == "auto") return std::optional<ChatVariant>();
    if (value->text == "small") return std::optional(ChatVariant::kSmall);
    if (value->text == "large") return std::optional(ChatVariant::kLarge);
  }
  return Status::InvalidArgument("template is %s; \"small\", \"large\" or \"auto\" is expected",
                                 value->is_string() ? "another string" : DescribeJsonKind(value));
}

Status CheckMessages(const JsonValue* messages) {
  if (messages == nullptr || !messages->is_list()) {
    return Status::InvalidArgument("messages is %s; a list is expected",
                                   DescribeJsonKind(messages));
  }
  for (size_t i = 0; i < messages->items.size(); ++i) {
    const JsonValue& message = messages->items[i];
    if (!message.is_object()) {
      return Status::InvalidArgument("messages[%zu] is %s; an object is expected", i,
                                     DescribeJsonKind(&message));
    }
    const JsonValue* role = message.Find("role");
    if (role == nullptr || !role->is_string()) {
      return Status::InvalidArgument("messages[%zu].role is %s; a string is expected", i,
                                     DescribeJsonKind(role));
    }
  }
  return Status::Ok();
}

}  // namespace

StatusOr<ChatRequest> ParseChatRequest(std::string_view json) {
  GEMMA4_ASSIGN_OR_RETURN(const JsonValue document, ParseJsonValue(json));
  if (!document.is_object()) {
    return Status::InvalidArgument("the request is %s; an object is expected",
                                   DescribeJsonKind(&document));
  }
  ChatRequest request;
  const JsonValue* messages = document.Find("messages");
  GEMMA4_RETURN_IF_ERROR(CheckMessages(messages));
  request.messages = *messages;
  if (const JsonValue* tools = document.Find("tools"); tools != nullptr) {
    if (!tools->is_null() && !tools->is_list()) {
      return Status::InvalidArgument("tools is %s; a list is expected", DescribeJsonKind(tools));
    }
    request.tools = *tools;
  }
  GEMMA4_ASSIGN_OR_RETURN(request.add_generation_prompt, Flag(document, "add_generation_prompt"));
  GEMMA4_ASSIGN_OR_RETURN(request.enable_thinking, Flag(document, "enable_thinking"));
  GEMMA4_ASSIGN_OR_RETURN(request.preserve_thinking, Flag(document, "preserve_thinking"));
  GEMMA4_ASSIGN_OR_RETURN(request.variant, Variant(document));
  return request;
}

}  // namespace gemma4
