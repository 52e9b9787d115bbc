// include/gemma4/chat.h
#include <gemma4/chat.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/api/boundary.h"
#include "lib/api/copy_out.h"
#include "lib/api/handles.h"
#include "lib/text/chat/chat_variant.h"
#include "lib/text/chat/render_chat.h"

namespace gemma4 {
namespace {

gemma4_status AddTurn(gemma4_session* session, const char* text, size_t text_size,
                      Status (Session::*add)(std::string_view)) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view view, TextArgument(text, text_size));
    return (*session->session.*add)(view);
  });
}

gemma4_status AddToolResult(gemma4_session* session, int32_t tool_call_id, const char* result,
                            size_t result_size, bool is_json) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view view, TextArgument(result, result_size));
    return session->session->AddToolResult(tool_call_id, view, is_json);
  });
}

// The template that a request is rendered with: its own word counts first, then the caller's, then
// the model's.
StatusOr<ChatVariant> VariantOf(const ChatRequest& request, gemma4_chat_variant variant,
                                std::optional<ChatVariant> own) {
  if (variant < GEMMA4_CHAT_AUTO || variant > GEMMA4_CHAT_LARGE) {
    return Status::InvalidArgument("variant is %d; it must be in [0, %d]", variant,
                                   GEMMA4_CHAT_LARGE);
  }
  if (request.variant.has_value()) return *request.variant;
  if (variant != GEMMA4_CHAT_AUTO) {
    return variant == GEMMA4_CHAT_SMALL ? ChatVariant::kSmall : ChatVariant::kLarge;
  }
  if (own.has_value()) return *own;
  return Status::InvalidArgument(
      "the template is auto, the model's own, and there is no model; it must be small or large");
}

StatusOr<ChatPrompt> Render(const char* json, size_t json_size, gemma4_chat_variant variant,
                            std::optional<ChatVariant> own) {
  GEMMA4_ASSIGN_OR_RETURN(const std::string_view text, TextArgument(json, json_size));
  GEMMA4_ASSIGN_OR_RETURN(const ChatRequest request, ParseChatRequest(text));
  GEMMA4_ASSIGN_OR_RETURN(const ChatVariant chosen, VariantOf(request, variant, own));
  return RenderChat(request, chosen);
}

// Sets the size to 0 and looks at the arguments that every call has.
Status CheckOutput(const void* out, size_t capacity, const char* out_name, size_t* out_size,
                   const char* out_size_name) {
  GEMMA4_RETURN_IF_ERROR(RequireGiven(out_size, out_size_name));
  *out_size = 0;
  return capacity > 0 ? RequireGiven(out, out_name) : Status::Ok();
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::ChatPrompt;
using gemma4::RequireGiven;
using gemma4::Status;

gemma4_status gemma4_session_add_user_text(gemma4_session* session, const char* text,
                                           size_t text_size) {
  return gemma4::AddTurn(session, text, text_size, &gemma4::Session::AddUserText);
}

gemma4_status gemma4_session_add_system_text(gemma4_session* session, const char* text,
                                             size_t text_size) {
  return gemma4::AddTurn(session, text, text_size, &gemma4::Session::AddSystemText);
}

gemma4_status gemma4_session_set_tools_json(gemma4_session* session, const char* tools_json,
                                            size_t tools_json_size) {
  return gemma4::AddTurn(session, tools_json, tools_json_size, &gemma4::Session::SetToolsJson);
}

gemma4_status gemma4_session_set_thinking(gemma4_session* session, int32_t enable) {
  return gemma4::AtBoundary([&]() -> gemma4::Status {
    GEMMA4_RETURN_IF_ERROR(gemma4::RequireGiven(session, "session"));
    return session->session->SetThinking(enable != 0);
  });
}

gemma4_status gemma4_session_add_model_text(gemma4_session* session, const char* text,
                                            size_t text_size) {
  return gemma4::AddTurn(session, text, text_size, &gemma4::Session::AddModelText);
}

gemma4_status gemma4_session_add_tool_result(gemma4_session* session, int32_t tool_call_id,
                                             const char* result, size_t result_size) {
  return gemma4::AddToolResult(session, tool_call_id, result, result_size, /*is_json=*/false);
}

gemma4_status gemma4_session_add_tool_result_json(gemma4_session* session, int32_t tool_call_id,
                                                  const char* result_json,
                                                  size_t result_json_size) {
  return gemma4::AddToolResult(session, tool_call_id, result_json, result_json_size,
                               /*is_json=*/true);
}

gemma4_status gemma4_session_set_messages_json(gemma4_session* session, const char* request_json,
                                               size_t request_json_size) {
  return gemma4::AddTurn(session, request_json, request_json_size,
                         &gemma4::Session::SetMessagesJson);
}

gemma4_status gemma4_chat_render_json(const char* json, size_t json_size,
                                      gemma4_chat_variant variant, char* out_text, size_t capacity,
                                      size_t* out_text_size) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(
        gemma4::CheckOutput(out_text, capacity, "out_text", out_text_size, "out_text_size"));
    GEMMA4_ASSIGN_OR_RETURN(const ChatPrompt prompt,
                            gemma4::Render(json, json_size, variant, std::nullopt));
    return gemma4::CopyOut<char>(prompt.Text(), out_text, capacity, out_text_size);
  });
}

gemma4_status gemma4_model_render_json(const gemma4_model* model, const char* json,
                                       size_t json_size, gemma4_chat_variant variant,
                                       char* out_text, size_t capacity, size_t* out_text_size) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(
        gemma4::CheckOutput(out_text, capacity, "out_text", out_text_size, "out_text_size"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(model, "model"));
    GEMMA4_ASSIGN_OR_RETURN(
        const ChatPrompt prompt,
        gemma4::Render(json, json_size, variant, gemma4::PublishedVariant(model->model->config())));
    return gemma4::CopyOut<char>(prompt.Text(), out_text, capacity, out_text_size);
  });
}

gemma4_status gemma4_model_render_json_ids(const gemma4_model* model, const char* json,
                                           size_t json_size, gemma4_chat_variant variant,
                                           int32_t* out_ids, size_t capacity, size_t* out_num_ids) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(
        gemma4::CheckOutput(out_ids, capacity, "out_ids", out_num_ids, "out_num_ids"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(model, "model"));
    GEMMA4_ASSIGN_OR_RETURN(
        const ChatPrompt prompt,
        gemma4::Render(json, json_size, variant, gemma4::PublishedVariant(model->model->config())));
    GEMMA4_ASSIGN_OR_RETURN(const gemma4::Tokenizer* tokenizer, model->model->RequireTokenizer());
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(prompt.Encode(*tokenizer, &ids));
    return gemma4::CopyOut<int32_t>(ids, out_ids, capacity, out_num_ids);
  });
}
