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
