/* Writes what the demo model answers, greedily: the file that GEMMA4_REPLY_TOKENS names gets one
 * line a question, with the question, a tab, and the token ids of the answer. The tests of the
 * bindings read it. */
#include "check.h"

static const char* const kQuestions[] = {
    "What is the capital of France?",
    "What is 7 + 5?",
    "Tell me a short story.",
};

int main(void) {
  const char* path = getenv("GEMMA4_REPLY_TOKENS");
  FILE* file = path != NULL ? fopen(path, "w") : stdout;
  gemma4_model* model = load_model(DEMO_MODEL);
  size_t i, j;
  CHECK(file != NULL);
  for (i = 0; i < sizeof(kQuestions) / sizeof(kQuestions[0]); ++i) {
    gemma4_session* session = greedy_session(model);
    reply r;
    memset(&r, 0, sizeof(r));
    ask(session, kQuestions[i]);
    CHECK_OK(gemma4_session_generate(session, add_event, &r));
    CHECK(r.num_ids > 3);
    fprintf(file, "%s\t", kQuestions[i]);
    for (j = 0; j < r.num_ids; ++j) fprintf(file, "%s%d", j ? " " : "", (int)r.ids[j]);
    fprintf(file, "\n");
    gemma4_session_free(session);
  }
  gemma4_model_free(model);
  CHECK(file == stdout || fclose(file) == 0);
  return 0;
}
