/*
 * An answer that is a JSON document of a given form, whatever the model would rather say:
 * json_answer MODEL [QUESTION [SCHEMA]]
 *
 * Introduces gemma4_sampler_params.json_schema. docs/constrained-output.md says what a schema may
 * have.
 */
#include <gemma4/gemma4.h>
#include <stdio.h>

static const char kCapital[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"country\", "
    "\"capital\"],"
    " \"properties\": {\"country\": {\"type\": \"string\", \"maxLength\": 40},"
    "                \"capital\": {\"type\": \"string\", \"maxLength\": 40}}}";

static int print(const gemma4_event* event, void* userdata) {
  (void)userdata;
  if (event->kind == GEMMA4_EVENT_TEXT) fwrite(event->text, 1, event->text_size, stdout);
  return 0;
}

int main(int argc, char** argv) {
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  if (argc < 2) {
    fprintf(stderr, "json_answer MODEL [QUESTION [SCHEMA]]\n");
    return 2;
  }
  const char* question = argc > 2 ? argv[2] : "Give me the capital of Kenya as JSON.";
  sampler.temperature = 0;
  sampler.json_schema = argc > 3 ? argv[3] : kCapital;
  params.sampler = &sampler;
  gemma4_status status = gemma4_model_load(argv[1], /*params=*/NULL, &model);
  if (status == GEMMA4_OK) status = gemma4_session_create(model, &params, &session);
  if (status == GEMMA4_OK) {
    status = gemma4_session_add_user_text(session, question, GEMMA4_NUL_TERMINATED);
  }
  if (status == GEMMA4_OK) status = gemma4_session_generate(session, print, NULL);
  printf("\n");
  if (status != GEMMA4_OK) fprintf(stderr, "json_answer: %s\n", gemma4_last_error_message());
  gemma4_session_free(session);
  gemma4_model_free(model);
  return status != GEMMA4_OK;
}
