/*
 * A host that has functions of its own under names that libgemma4 has inside. Each runs its own:
 * with the archive, two of one name would not even link; with the shared library, the loader would
 * give libgemma4 those of the program.
 *
 *     same_names_test MODEL
 */
#include <gemma4/gemma4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int num_calls = 0;

/* NOLINTBEGIN: declared nowhere, as the headers of the real ones are not ours. */
#define NAME_OF_THE_HOST(name) \
  int name(void);              \
  int name(void) { return ++num_calls; }
NAME_OF_THE_HOST(xnn_initialize)
NAME_OF_THE_HOST(xnn_run_operator)
NAME_OF_THE_HOST(xnn_create_fully_connected_nc_f32)
NAME_OF_THE_HOST(pthreadpool_create)
NAME_OF_THE_HOST(pthreadpool_destroy)
NAME_OF_THE_HOST(cpuinfo_initialize)
/* C++ names: gemma4::Status::Ok(), sentencepiece::SentencePieceProcessor's constructor, and a
   function of protobuf. */
NAME_OF_THE_HOST(_ZN6gemma46Status2OkEv)
NAME_OF_THE_HOST(_ZN13sentencepiece22SentencePieceProcessorC1Ev)
NAME_OF_THE_HOST(_ZN6google8protobuf11MessageLiteD2Ev)
/* NOLINTEND */

static int Append(const gemma4_event* event, void* userdata) {
  char* answer = userdata;
  if (event->kind == GEMMA4_EVENT_TEXT && strlen(answer) + event->text_size < 256) {
    strncat(answer, event->text, event->text_size);
  }
  return 0;
}

int main(int argc, char** argv) {
  char answer[256] = "";
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  if (argc < 2 || xnn_initialize() != 1 || pthreadpool_create() != 2) return 2;
  if (gemma4_model_load(argv[1], NULL, &model) != GEMMA4_OK ||
      gemma4_session_create(model, NULL, &session) != GEMMA4_OK ||
      gemma4_session_add_user_text(session, "What is 7 + 5?", GEMMA4_NUL_TERMINATED) != GEMMA4_OK ||
      gemma4_session_generate(session, Append, answer) != GEMMA4_OK) {
    fprintf(stderr, "%s\n", gemma4_last_error_message());
    return 1;
  }
  gemma4_session_free(session);
  gemma4_model_free(model);
  printf("%s\n", answer);
  if (num_calls != 2) fprintf(stderr, "libgemma4 called the host %d times\n", num_calls - 2);
  return num_calls == 2 && strstr(answer, "12") != NULL ? 0 : 1;
}
