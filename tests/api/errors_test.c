/* Every error code that can be met is met, and its message names what was wrong. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "check.h"
#include "model_files.h"

/* Codes met so far; main() looks for gaps. */
static int met[16];

#define MEET(expected, call)      \
  do {                            \
    CHECK_STATUS(expected, call); \
    met[expected] = 1;            \
  } while (0)

static void load_errors(void) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = (gemma4_model*)&params; /* anything but NULL */

  MEET(GEMMA4_ERROR_NOT_FOUND, gemma4_model_load("/no/such/folder", NULL, &model));
  CHECK(model == NULL);
  CHECK_ERROR_NAMES("/no/such/folder");

  params.weights = 77;
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_ERROR_NAMES("77");
  params.weights = GEMMA4_WEIGHTS_AUTO;
  params.num_threads = 100000;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_ERROR_NAMES("num_threads is 100000");
  params.num_threads = 0;
  params.prefill_chunk_tokens = 9000;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_ERROR_NAMES("prefill_chunk_tokens is 9000");
  CHECK(model == NULL);
}

/* A file of the checkpoint that turns out to be a folder. */
static void io_error(void) {
  char folder[] = "/tmp/gemma4_errors_test_XXXXXX";
  char config[64];
  gemma4_model* model = NULL;
  CHECK(mkdtemp(folder) != NULL);
  snprintf(config, sizeof(config), "%s/config.json", folder);
  CHECK(mkdir(config, 0700) == 0);
  MEET(GEMMA4_ERROR_IO, gemma4_model_load(folder, NULL, &model));
  CHECK_ERROR_NAMES("config.json");
  CHECK(rmdir(config) == 0);
  CHECK(rmdir(folder) == 0);
}

static void corrupt_error(void) {
  model_files files;
  gemma4_model* model = NULL;
  read_model_files(&files);
  replace_in_file(&files, "config.json", "\"hidden_size\": 256", "\"hidden_size\": 257");
  MEET(GEMMA4_ERROR_CORRUPT, load_files(&files, NULL, &model));
  CHECK(model == NULL);
  CHECK(strchr(gemma4_last_error_message(), '\n') == NULL);
  free_model_files(&files);
}

static void memory_file_errors(void) {
  gemma4_memory_file files[2] = {{"config.json", "{}", 2}, {"config.json", "{}", 2}};
  gemma4_model* model = NULL;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load_memory(files, 2, NULL, &model));
  CHECK_ERROR_NAMES("config.json");
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load_memory(files, 0, NULL, &model));
  files[0].data = NULL;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load_memory(files, 1, NULL, &model));
  files[0].name = NULL;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load_memory(files, 1, NULL, &model));
}

static int stop_at_once(uint64_t done_bytes, uint64_t total_bytes, void* userdata) {
  CHECK(done_bytes <= total_bytes);
  ++*(int*)userdata;
  return 7;
}

static void cancelled_and_stopped(void) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  gemma4_cancel* cancel = NULL;
  int num_calls = 0;
  CHECK_OK(gemma4_cancel_create(&cancel));
  CHECK(!gemma4_cancel_is_set(cancel));
  gemma4_cancel_set(cancel);
  CHECK(gemma4_cancel_is_set(cancel));
  params.cancel = cancel;
  MEET(GEMMA4_ERROR_CANCELLED, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK(model == NULL);
  gemma4_cancel_clear(cancel);
  CHECK(!gemma4_cancel_is_set(cancel));
  params.progress = stop_at_once;
  params.progress_userdata = &num_calls;
  MEET(GEMMA4_ERROR_STOPPED, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK(model == NULL);
  CHECK(num_calls == 1);
  gemma4_cancel_free(cancel);
}

static void session_params_errors(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = NULL;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  const int32_t stop_token_id = 2048;

  params.max_context_tokens = 5000;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  CHECK_ERROR_NAMES("max_context_tokens is 5000; the model allows at most 4096");
  params.max_context_tokens = 0;
  params.num_stop_token_ids = 1;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  params.stop_token_ids = &stop_token_id;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  CHECK_ERROR_NAMES("2048");
  params.stop_token_ids = NULL;
  params.num_stop_token_ids = 0;
  params.sampler = &sampler;
  sampler.top_p = 1.5f;
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  CHECK_ERROR_NAMES("top_p is 1.5");
  sampler.top_p = 1.0f;
  sampler.temperature = (float)strtod("nan", NULL);
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  CHECK(session == NULL);
  gemma4_model_free(model);
}

static void session_errors(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = NULL;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  gemma4_event event = GEMMA4_EVENT_INIT;
  const int32_t bad_ids[2] = {5, 2048};
  const int32_t many_ids[9] = {2, 30, 30, 30, 30, 30, 30, 30, 30};
  float logits[2048];
  size_t num_logits = 7;
  params.max_context_tokens = 8;
  CHECK_OK(gemma4_session_create(model, &params, &session));

  /* Nothing to do, nothing to read. */
  MEET(GEMMA4_ERROR_STATE, gemma4_session_step(session, NULL, &event));
  CHECK(event.kind == GEMMA4_EVENT_NONE);
  CHECK_STATUS(GEMMA4_ERROR_STATE, gemma4_session_generate(session, NULL, NULL));
  CHECK(gemma4_session_logits(session, &num_logits) == NULL);
  CHECK_SIZE(0, num_logits);

  MEET(GEMMA4_ERROR_INVALID_UTF8, gemma4_session_append_text(session, "ab\xff", 3, 0));
  CHECK_ERROR_NAMES("offset 2");
  MEET(GEMMA4_ERROR_INVALID_UTF8,
       gemma4_session_add_user_text(session, "\xed\xa0\x80", GEMMA4_NUL_TERMINATED));
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_session_append_text(session, "ab", 2, 4));
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_append_ids(session, bad_ids, 2));
  CHECK_ERROR_NAMES("token id 2048 at index 1");
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_prefill(session, bad_ids, 2));
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT,
       gemma4_session_prefill_logits(session, many_ids, 1, NULL, logits, 2047));
  MEET(GEMMA4_ERROR_INVALID_ARGUMENT,
       gemma4_session_prefill_logits(session, many_ids, 0, NULL, logits, 2048));
  MEET(GEMMA4_ERROR_CONTEXT_FULL, gemma4_session_append_ids(session, many_ids, 9));
  MEET(GEMMA4_ERROR_CONTEXT_FULL, gemma4_session_prefill(session, many_ids, 9));
  MEET(GEMMA4_ERROR_CONTEXT_FULL,
       gemma4_session_add_user_text(session, "Hello!", GEMMA4_NUL_TERMINATED));
  CHECK_SIZE(0, gemma4_session_position(session));

  CHECK_OK(gemma4_session_append_ids(session, many_ids, 3));
  MEET(GEMMA4_ERROR_STATE, gemma4_session_add_system_text(session, "Late.", 5));
  CHECK_SIZE(3, gemma4_session_position(session));
  step.time_budget_us = 1;
  do {
    CHECK_OK(gemma4_session_step(session, &step, &event));
  } while (event.kind == GEMMA4_EVENT_PENDING);
  CHECK(event.kind == GEMMA4_EVENT_PREFILL);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void a_model_without_a_tokenizer_says_so(void) {
  gemma4_model* model = load_model(GOLDEN_MODEL);
  gemma4_session* session = greedy_session(model);
  size_t size = 1;
  const int32_t id = 2;
  CHECK(!gemma4_model_has_tokenizer(model));
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_model_tokenize(model, "a", 1, 0, NULL, 0, &size));
  CHECK_SIZE(0, size);
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_model_detokenize(model, &id, 1, NULL, 0, &size));
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_session_append_text(session, "a", 1, 0));
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_session_add_user_text(session, "a", 1));
  MEET(GEMMA4_ERROR_UNSUPPORTED, gemma4_session_add_system_text(session, "a", 1));
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* Keys and values for more tokens than there are addresses: two billion tokens are 2 TiB, and the
 * process allows itself 1 TiB. The sanitizers themselves take more than that. */
static void out_of_memory(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  met[GEMMA4_ERROR_OUT_OF_MEMORY] = 1;
#else
  model_files files;
  gemma4_model* model = NULL;
  gemma4_session* session = (gemma4_session*)&files;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  struct rlimit before, limit;
  read_model_files(&files);
  replace_in_file(&files, "config.json", "\"max_position_embeddings\": 4096",
                  "\"max_position_embeddings\": 2147483647");
  CHECK_OK(load_files(&files, NULL, &model));
  CHECK_SIZE(2147483647, gemma4_model_max_context_tokens(model));
  params.max_context_tokens = 2147483647;
  CHECK(getrlimit(RLIMIT_AS, &before) == 0);
  limit = before;
  limit.rlim_cur = (rlim_t)1 << 40;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  MEET(GEMMA4_ERROR_OUT_OF_MEMORY, gemma4_session_create(model, &params, &session));
  CHECK(session == NULL);
  CHECK_ERROR_NAMES("KV cache");
  CHECK(setrlimit(RLIMIT_AS, &before) == 0);
  gemma4_model_free(model);
  free_model_files(&files);
#endif
}

/* Tables stay in the file unread, so that what they hold shows only in use: an internal error,
 * which poisons the session until it is reset. */
static void internal_error(void) {
  static const char kEntry[] =
      "\"model.embed_tokens_per_layer.weight\":{\"dtype\":\"BF16\",\"shape\":[2048,320],"
      "\"data_offsets\":[";
  model_files files;
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_event event = GEMMA4_EVENT_INIT;
  const int32_t ids[2] = {2, 30};
  char* weights;
  char* header;
  uint64_t header_bytes;
  long offset;
  read_model_files(&files);
  weights = file_bytes(&files, "model.safetensors");
  memcpy(&header_bytes, weights, sizeof(header_bytes));
  header = (char*)malloc(header_bytes + 1);
  CHECK(header != NULL);
  memcpy(header, weights + 8, header_bytes);
  header[header_bytes] = '\0';
  CHECK(strstr(header, kEntry) != NULL);
  offset = atol(strstr(header, kEntry) + sizeof(kEntry) - 1);
  free(header);
  memset(weights + 8 + header_bytes + offset, 0xff, 2 * 2048 * 320);

  params.weights = GEMMA4_WEIGHTS_EXACT; /* int8 activations cannot say NaN */
  CHECK_OK(load_files(&files, &params, &model));
  session = greedy_session(model);
  CHECK_OK(gemma4_session_prefill(session, ids, 2));
  MEET(GEMMA4_ERROR_INTERNAL, gemma4_session_step(session, NULL, &event));
  CHECK(event.kind == GEMMA4_EVENT_NONE);
  MEET(GEMMA4_ERROR_STATE, gemma4_session_step(session, NULL, &event));
  CHECK_ERROR_NAMES("poisoned");
  MEET(GEMMA4_ERROR_STATE, gemma4_session_append_ids(session, ids, 2));
  MEET(GEMMA4_ERROR_STATE, gemma4_session_add_user_text(session, "a", 1));
  CHECK(gemma4_session_logits(session, NULL) == NULL);
  CHECK_OK(gemma4_session_reset(session));
  CHECK_OK(gemma4_session_append_ids(session, ids, 2));
  gemma4_session_free(session);
  gemma4_model_free(model);
  free_model_files(&files);
}

static void names_and_texts(void) {
  char copy[16];
  size_t size;
  CHECK_TEXT("ok", gemma4_status_name(GEMMA4_OK));
  CHECK_TEXT("context full", gemma4_status_name(GEMMA4_ERROR_CONTEXT_FULL));
  CHECK_TEXT("unknown", gemma4_status_name(-1));
  CHECK_TEXT("unknown", gemma4_status_name(1000));

  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_cancel_create(NULL));
  CHECK_TEXT("out_cancel is NULL", gemma4_last_error_message());
  size = gemma4_last_error_copy(copy, sizeof(copy));
  CHECK_SIZE(strlen("out_cancel is NULL"), size);
  CHECK_TEXT("out_cancel is N", copy);
  CHECK_SIZE(size, gemma4_last_error_copy(NULL, 0));
  CHECK_SIZE(size, gemma4_last_error_copy(copy, 1));
  CHECK_TEXT("", copy);
}

int main(void) {
  int code;
  CHECK_TEXT("", gemma4_last_error_message());
  RUN(load_errors);
  RUN(io_error);
  RUN(corrupt_error);
  RUN(memory_file_errors);
  RUN(cancelled_and_stopped);
  RUN(session_params_errors);
  RUN(session_errors);
  RUN(a_model_without_a_tokenizer_says_so);
  RUN(out_of_memory);
  RUN(internal_error);
  RUN(names_and_texts);

  met[GEMMA4_OK] = 1;
  met[GEMMA4_ERROR_MEMORY_BUDGET] = 1;   /* nothing can set a budget yet */
  met[GEMMA4_ERROR_UNSUPPORTED_CPU] = 1; /* not on a CPU that runs this test; cpu_floor_test.cc */
  met[GEMMA4_ERROR_BUSY] = 1;            /* threads_test.c */
  for (code = 0; code < 16; ++code) {
    if (!met[code]) fprintf(stderr, "nobody met \"%s\"\n", gemma4_status_name(code));
    CHECK(met[code]);
    CHECK(strcmp(gemma4_status_name(code), "unknown") != 0);
  }
  CHECK_TEXT("unknown", gemma4_status_name(16)); /* a new code: add it here */
  return 0;
}
