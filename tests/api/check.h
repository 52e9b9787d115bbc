/* Checks for tests in C. The first one that fails prints what it was and ends the program. */
#ifndef GEMMA4_TESTS_API_CHECK_H_
#define GEMMA4_TESTS_API_CHECK_H_

#include <gemma4/gemma4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMO_MODEL GEMMA4_SOURCE_DIR "/tools/demo_model"
#define GOLDEN_MODEL GEMMA4_TEST_DATA_DIR "/golden/text/e2b" /* no tokenizer */

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define CHECK_SIZE(expected, actual)                                                       \
  do {                                                                                     \
    const size_t expected_ = (expected), actual_ = (actual);                               \
    if (expected_ != actual_) {                                                            \
      fprintf(stderr, "%s:%d: %s is %zu, not %zu\n", __FILE__, __LINE__, #actual, actual_, \
              expected_);                                                                  \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

#define CHECK_STATUS(expected, call)                                                       \
  do {                                                                                     \
    const gemma4_status expected_ = (expected), actual_ = (call);                          \
    if (expected_ != actual_) {                                                            \
      fprintf(stderr, "%s:%d: %s is \"%s\" (%s), not \"%s\"\n", __FILE__, __LINE__, #call, \
              gemma4_status_name(actual_),                                                 \
              actual_ == GEMMA4_OK ? "" : gemma4_last_error_message(),                     \
              gemma4_status_name(expected_));                                              \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

#define CHECK_OK(call) CHECK_STATUS(GEMMA4_OK, call)

#define CHECK_TEXT(expected, actual)                                                             \
  do {                                                                                           \
    const char *expected_ = (expected), *actual_ = (actual);                                     \
    if (strcmp(expected_, actual_) != 0) {                                                       \
      fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #actual, actual_, \
              expected_);                                                                        \
      exit(1);                                                                                   \
    }                                                                                            \
  } while (0)

/* That the last error's text names a thing. */
#define CHECK_ERROR_NAMES(word)                                                           \
  do {                                                                                    \
    if (strstr(gemma4_last_error_message(), (word)) == NULL) {                            \
      fprintf(stderr, "%s:%d: the message \"%s\" does not name %s\n", __FILE__, __LINE__, \
              gemma4_last_error_message(), (word));                                       \
      exit(1);                                                                            \
    }                                                                                     \
  } while (0)

#define RUN(test)          \
  do {                     \
    printf("%s\n", #test); \
    fflush(stdout);        \
    test();                \
  } while (0)

/* What came out of a generation. */
typedef struct reply {
  char text[4096];
  size_t text_size;
  int32_t ids[1024];
  size_t num_ids;
  size_t num_prefill_events;
  gemma4_event_kind last_kind;
  gemma4_end_reason end_reason;
  int32_t end_token_id;
} reply;

/* Adds an event to the reply `userdata` points at; also a gemma4_event_callback. */
static inline int add_event(const gemma4_event* event, void* userdata) {
  reply* r = (reply*)userdata;
  r->last_kind = event->kind;
  if (event->kind == GEMMA4_EVENT_PREFILL) r->num_prefill_events += 1;
  if (event->kind == GEMMA4_EVENT_TEXT) {
    CHECK(r->text_size + event->text_size < sizeof(r->text));
    memcpy(r->text + r->text_size, event->text, event->text_size);
    r->text_size += event->text_size;
    r->text[r->text_size] = '\0';
    if (event->token_id >= 0) {
      CHECK(r->num_ids < sizeof(r->ids) / sizeof(r->ids[0]));
      r->ids[r->num_ids++] = event->token_id;
    }
  }
  if (event->kind == GEMMA4_EVENT_END) {
    r->end_reason = event->end_reason;
    r->end_token_id = event->token_id;
  }
  return 0;
}

static inline void check_same_ids(const reply* a, const reply* b) {
  CHECK_SIZE(a->num_ids, b->num_ids);
  CHECK(memcmp(a->ids, b->ids, a->num_ids * sizeof(a->ids[0])) == 0);
}

static inline gemma4_model* load_model(const char* path) {
  gemma4_model* model = NULL;
  CHECK_OK(gemma4_model_load(path, NULL, &model));
  CHECK(model != NULL);
  return model;
}

/* A session that always takes the largest logit. */
static inline gemma4_session* greedy_session(gemma4_model* model) {
  gemma4_session* session = NULL;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  sampler.temperature = 0.0f;
  params.sampler = &sampler;
  CHECK_OK(gemma4_session_create(model, &params, &session));
  return session;
}

static inline void ask(gemma4_session* session, const char* question) {
  CHECK_OK(gemma4_session_add_user_text(session, question, GEMMA4_NUL_TERMINATED));
}

#endif /* GEMMA4_TESTS_API_CHECK_H_ */
