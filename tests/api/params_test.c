/* struct_size: callers that are older or newer than the library. */
#include "check.h"

/* The init function must leave what the macro does, in memory that was anything before. */
#define CHECK_INIT(type, init, ...)                                            \
  do {                                                                         \
    const type by_macro = __VA_ARGS__;                                         \
    struct {                                                                   \
      type params;                                                             \
      unsigned char tail[8];                                                   \
    } memory;                                                                  \
    memset(&memory, 0xa5, sizeof(memory));                                     \
    init(&memory.params, sizeof(memory.params));                               \
    CHECK(memcmp(&memory.params, &by_macro, sizeof(by_macro)) == 0);           \
    CHECK(memory.tail[0] == 0xa5);                                             \
    init(&memory.params, sizeof(memory)); /* headers newer than the library */ \
    CHECK_SIZE(sizeof(memory), memory.params.struct_size);                     \
    CHECK(memory.tail[0] == 0 && memory.tail[7] == 0);                         \
    memset(&memory, 0xa5, sizeof(memory));                                     \
    init(&memory.params, sizeof(size_t) - 1); /* no room for anything */       \
    CHECK(memory.params.struct_size != sizeof(size_t) - 1);                    \
  } while (0)

static void init_functions_do_what_the_macros_do(void) {
  CHECK_INIT(gemma4_load_params, gemma4_load_params_init, GEMMA4_LOAD_PARAMS_INIT);
  CHECK_INIT(gemma4_sampler_params, gemma4_sampler_params_init, GEMMA4_SAMPLER_PARAMS_INIT);
  CHECK_INIT(gemma4_session_params, gemma4_session_params_init, GEMMA4_SESSION_PARAMS_INIT);
  CHECK_INIT(gemma4_step_params, gemma4_step_params_init, GEMMA4_STEP_PARAMS_INIT);
}

static void an_event_is_set_up_by_macro_and_function(void) {
  const gemma4_event by_macro = GEMMA4_EVENT_INIT;
  gemma4_event event;
  memset(&event, 0xa5, sizeof(event));
  gemma4_event_init(&event, sizeof(event));
  CHECK_SIZE(by_macro.struct_size, event.struct_size);
  CHECK(event.kind == by_macro.kind && event.end_reason == by_macro.end_reason);
  CHECK(event.token_id == -1 && by_macro.token_id == -1);
  CHECK_TEXT("", event.text);
  CHECK_TEXT("", by_macro.text);
}

/* As headers of a later version would have it. */
typedef struct later_step_params {
  gemma4_step_params known;
  uint64_t unknown;
} later_step_params;

typedef struct later_event {
  gemma4_event known;
  uint64_t unknown;
} later_event;

static void what_is_unknown_must_be_zero(void) {
  static const int32_t kIds[2] = {2, 30};
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  later_step_params step;
  later_event event;
  CHECK_OK(gemma4_session_append_ids(session, kIds, 2));
  gemma4_step_params_init(&step.known, sizeof(step));
  gemma4_event_init(&event.known, sizeof(event));
  event.unknown = 5;

  step.unknown = 1;
  CHECK_STATUS(GEMMA4_ERROR_UNSUPPORTED, gemma4_session_step(session, &step.known, &event.known));
  CHECK_ERROR_NAMES("gemma4_step_params");
  CHECK(event.known.kind == GEMMA4_EVENT_NONE);
  CHECK_STATUS(GEMMA4_ERROR_UNSUPPORTED,
               gemma4_session_generate_with(session, &step.known, NULL, NULL));

  step.unknown = 0;
  event.unknown = 5; /* beyond what this library knows nothing is written */
  CHECK_OK(gemma4_session_step(session, &step.known, &event.known));
  CHECK(event.known.kind == GEMMA4_EVENT_PREFILL);
  CHECK(event.unknown == 5);
  CHECK_SIZE(sizeof(event), event.known.struct_size);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* Memory that nobody set up has any number for a size. */
static void sizes_that_no_version_has_are_refused(void) {
  static const size_t kSizes[] = {0, 1, sizeof(size_t), 5000, (size_t)-1};
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_model* other = NULL;
  gemma4_session* session = greedy_session(model);
  gemma4_session* another = NULL;
  size_t i;
  for (i = 0; i < sizeof(kSizes) / sizeof(kSizes[0]); ++i) {
    gemma4_load_params load = GEMMA4_LOAD_PARAMS_INIT;
    gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
    gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
    gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
    gemma4_event event = GEMMA4_EVENT_INIT;
    load.struct_size = kSizes[i];
    CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load(DEMO_MODEL, &load, &other));
    CHECK_ERROR_NAMES("gemma4_load_params.struct_size");
    sampler.struct_size = kSizes[i];
    params.sampler = &sampler;
    CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &another));
    CHECK_ERROR_NAMES("gemma4_sampler_params.struct_size");
    params.sampler = NULL;
    params.struct_size = kSizes[i];
    CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &another));
    CHECK_ERROR_NAMES("gemma4_session_params.struct_size");
    step.struct_size = kSizes[i];
    CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_step(session, &step, &event));
    CHECK_ERROR_NAMES("gemma4_step_params.struct_size");
    event.struct_size = kSizes[i];
    CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_step(session, NULL, &event));
    CHECK_ERROR_NAMES("gemma4_event.struct_size");
    CHECK_SIZE(kSizes[i], event.struct_size);
  }
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void the_version_is_that_of_the_headers(void) {
  char text[64];
  snprintf(text, sizeof(text), "%d.%d.%d", GEMMA4_VERSION_MAJOR, GEMMA4_VERSION_MINOR,
           GEMMA4_VERSION_PATCH);
  CHECK_TEXT(text, gemma4_version());
  CHECK(strstr(gemma4_build_info(), text) != NULL);
  CHECK(gemma4_has_feature("safetensors") == 1);
  CHECK(gemma4_has_feature("time_budget") == 1);
  CHECK(gemma4_has_feature("no such feature") == 0);
}

int main(void) {
  RUN(init_functions_do_what_the_macros_do);
  RUN(an_event_is_set_up_by_macro_and_function);
  RUN(what_is_unknown_must_be_zero);
  RUN(sizes_that_no_version_has_are_refused);
  RUN(the_version_is_that_of_the_headers);
  return 0;
}
