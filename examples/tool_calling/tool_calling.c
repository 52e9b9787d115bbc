/*
 * A model that asks a tool before it answers: tool_calling MODEL [QUESTION]
 *
 * Introduces gemma4_session_set_tools_json, the event TOOL_CALL, and
 * gemma4_session_add_tool_result_json.
 */
#include <gemma4/gemma4.h>
#include <stdio.h>
#include <string.h>

static const char kTools[] =
    "[{\"type\": \"function\", \"function\": {"
    "  \"name\": \"get_weather\", \"description\": \"Gets the weather of a city.\","
    "  \"parameters\": {\"type\": \"object\", \"required\": [\"city\"],"
    "    \"properties\": {\"city\": {\"type\": \"string\", \"description\": \"The city.\"}}}}}]";

/* What a program would do here: read the arguments, look out of the window. Returns JSON. */
static const char* run_tool(const char* name, const char* arguments_json) {
  if (strcmp(name, "get_weather") != 0) return "{\"error\": \"there is no such tool\"}";
  if (strstr(arguments_json, "Paris") != NULL) return "{\"sky\": \"sunny\", \"temperature\": 21}";
  return "{\"sky\": \"rainy\", \"temperature\": 7}";
}

/* One answer of the model, tools and all. */
static gemma4_status answer(gemma4_session* session) {
  gemma4_event event = GEMMA4_EVENT_INIT;
  struct {
    int32_t id;
    const char* result;
  } calls[8];
  size_t num_calls = 0;
  for (;;) {
    gemma4_status status = gemma4_session_step(session, /*params=*/NULL, &event);
    if (status != GEMMA4_OK) return status;
    switch (event.kind) {
      case GEMMA4_EVENT_TEXT: fwrite(event.text, 1, event.text_size, stdout); break;
      case GEMMA4_EVENT_THOUGHT: /* no part of the answer */ break;
      case GEMMA4_EVENT_TOOL_CALL:
        printf("[%s %s]\n", event.tool_name, event.tool_arguments_json);
        if (num_calls == sizeof calls / sizeof calls[0]) break;
        calls[num_calls].id = event.tool_call_id;
        calls[num_calls++].result = run_tool(event.tool_name, event.tool_arguments_json);
        break;
      case GEMMA4_EVENT_END:
        if (event.end_reason != GEMMA4_END_TOOL_CALLS) {
          printf("\n");
          return GEMMA4_OK;
        }
        /* The model waits for what it asked for; then the next step goes on with its turn. */
        for (size_t i = 0; i < num_calls; ++i) {
          status = gemma4_session_add_tool_result_json(session, calls[i].id, calls[i].result,
                                                       GEMMA4_NUL_TERMINATED);
          if (status != GEMMA4_OK) return status;
        }
        num_calls = 0;
        break;
    }
  }
}

int main(int argc, char** argv) {
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  if (argc < 2) {
    fprintf(stderr, "tool_calling MODEL [QUESTION]\n");
    return 2;
  }
  sampler.temperature = 0;
  params.sampler = &sampler;
  const char* question = argc > 2 ? argv[2] : "What is the weather in Paris?";
  gemma4_status status = gemma4_model_load(argv[1], /*params=*/NULL, &model);
  if (status == GEMMA4_OK) status = gemma4_session_create(model, &params, &session);
  if (status == GEMMA4_OK) {
    status = gemma4_session_set_tools_json(session, kTools, GEMMA4_NUL_TERMINATED);
  }
  if (status == GEMMA4_OK) {
    status = gemma4_session_add_user_text(session, question, GEMMA4_NUL_TERMINATED);
  }
  if (status == GEMMA4_OK) status = answer(session);
  if (status != GEMMA4_OK) fprintf(stderr, "tool_calling: %s\n", gemma4_last_error_message());
  gemma4_session_free(session);
  gemma4_model_free(model);
  return status != GEMMA4_OK;
}
