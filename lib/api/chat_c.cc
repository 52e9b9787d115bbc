// include/gemma4/chat.h
#include <gemma4/chat.h>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"

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

}  // namespace
}  // namespace gemma4

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
