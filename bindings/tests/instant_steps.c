/* A stand-in for gemma4_session_step() that makes a token in no time, so that what is left of the
 * time of a step is the binding's. Loaded with LD_PRELOAD by the tests of what a binding costs. */
#include <gemma4/session.h>
#include <string.h>

gemma4_status gemma4_session_step(gemma4_session* session, const gemma4_step_params* params,
                                  gemma4_event* event) {
  const size_t struct_size = event->struct_size;
  (void)session;
  (void)params;
  memset(event, 0, struct_size);
  event->struct_size = struct_size;
  event->kind = GEMMA4_EVENT_TEXT;
  event->token_id = 1234;
  event->text = " gr\xc3\xbc\xc3\x9f";
  event->text_size = 7;
  event->tool_name = "";
  event->tool_arguments_json = "";
  event->tool_call_id = -1;
  return GEMMA4_OK;
}
