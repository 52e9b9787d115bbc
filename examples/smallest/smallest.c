/*
 * One question, one answer, as it is made: smallest MODEL QUESTION
 *
 * Introduces gemma4_model_load, gemma4_session_create, gemma4_session_add_user_text and
 * gemma4_session_generate.
 */
#include <gemma4/gemma4.h>
#include <stdio.h>

static int print(const gemma4_event* event, void* userdata) {
  (void)userdata;
  if (event->kind == GEMMA4_EVENT_TEXT) {
    fwrite(event->text, 1, event->text_size, stdout);
    fflush(stdout);
  }
  return 0; /* anything else stops the generation */
}

int main(int argc, char** argv) {
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  if (argc < 3) {
    fprintf(stderr, "smallest MODEL QUESTION\n");
    return 2;
  }
  gemma4_status status = gemma4_model_load(argv[1], /*params=*/NULL, &model);
  if (status == GEMMA4_OK) status = gemma4_session_create(model, /*params=*/NULL, &session);
  if (status == GEMMA4_OK) {
    status = gemma4_session_add_user_text(session, argv[2], GEMMA4_NUL_TERMINATED);
  }
  if (status == GEMMA4_OK) status = gemma4_session_generate(session, print, NULL);
  printf("\n");
  if (status != GEMMA4_OK) fprintf(stderr, "%s\n", gemma4_last_error_message());
  gemma4_session_free(session);
  gemma4_model_free(model);
  return status != GEMMA4_OK;
}
