/* Threads that models share: whose they are, and when they end. Linux: reads /proc. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp, and what thread_count.h needs */

#include <stddef.h>
#include <unistd.h>

#include "check.h"
#include "thread_count.h"

static gemma4_thread_pool* create_pool(size_t num_threads) {
  gemma4_thread_pool* pool = NULL;
  CHECK_OK(gemma4_thread_pool_create(num_threads, &pool));
  CHECK(pool != NULL);
  return pool;
}

static gemma4_model* load_on(gemma4_thread_pool* pool) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.thread_pool = pool;
  CHECK_OK(gemma4_model_load(DEMO_MODEL, &params, &model));
  return model;
}

#define NUM_IDS 70
#define VOCAB_SIZE 2048

/* The logits after a prompt that is long enough for every thread to have work, and one more token.
 */
static void run(gemma4_session* session, float* out_logits) {
  int32_t ids[NUM_IDS];
  size_t i;
  const int32_t next = 333;
  ids[0] = 2;
  for (i = 1; i < NUM_IDS; ++i) ids[i] = (int32_t)(100 + 37 * i % 1900);
  CHECK_OK(gemma4_session_prefill(session, ids, NUM_IDS));
  CHECK_OK(gemma4_session_prefill(session, &next, 1));
  memcpy(out_logits, gemma4_session_logits(session, &i), VOCAB_SIZE * sizeof(float));
  CHECK_SIZE(VOCAB_SIZE, i);
}

static void run_new_session(gemma4_model* model, float* out_logits) {
  gemma4_session* session = greedy_session(model);
  run(session, out_logits);
  gemma4_session_free(session);
}

/* With threads of its own. */
static void wanted_logits(float* out_logits) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.num_threads = 2;
  CHECK_OK(gemma4_model_load(DEMO_MODEL, &params, &model));
  run_new_session(model, out_logits);
  gemma4_model_free(model);
}

static void check_logits(gemma4_model* model, const float* wanted) {
  float logits[VOCAB_SIZE];
  run_new_session(model, logits);
  CHECK(memcmp(wanted, logits, sizeof(logits)) == 0);
}

static void a_pool_has_the_threads_that_were_asked_for(void) {
  static const size_t kCounts[] = {1, 2, 5, 64};
  const size_t before = num_threads_now();
  gemma4_thread_pool* pool;
  gemma4_model* model;
  size_t i;
  for (i = 0; i < sizeof(kCounts) / sizeof(kCounts[0]); ++i) {
    pool = create_pool(kCounts[i]);
    CHECK_SIZE(kCounts[i], gemma4_thread_pool_num_threads(pool));
    check_threads(before + kCounts[i] - 1);
    gemma4_thread_pool_free(pool);
    check_threads(before);
  }
  pool = create_pool(0); /* as many as a model would make */
  model = load_model(DEMO_MODEL);
  CHECK_SIZE(gemma4_model_num_threads(model), gemma4_thread_pool_num_threads(pool));
  gemma4_model_free(model);
  gemma4_thread_pool_free(pool);
  check_threads(before);
}

static void two_models_have_the_threads_of_one(void) {
  const size_t before = num_threads_now();
  float wanted[VOCAB_SIZE];
  gemma4_thread_pool* pool;
  gemma4_model* models[2];
  wanted_logits(wanted);
  check_threads(before);
  pool = create_pool(3);
  models[0] = load_on(pool);
  models[1] = load_on(pool);
  CHECK_SIZE(3, gemma4_model_num_threads(models[0]));
  CHECK_SIZE(3, gemma4_model_num_threads(models[1]));
  check_logits(models[0], wanted);
  check_logits(models[1], wanted);
  check_threads(before + 2);
  gemma4_model_free(models[0]);
  check_logits(models[1], wanted);
  gemma4_model_free(models[1]);
  check_threads(before + 2); /* the caller's own reference */
  models[0] = load_on(pool);
  check_logits(models[0], wanted);
  gemma4_model_free(models[0]);
  gemma4_thread_pool_free(pool);
  check_threads(before);
}

/* The pool, the model and its session, in every order. */
static void threads_end_with_whichever_is_freed_last(void) {
  static const int kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const size_t before = num_threads_now();
  float wanted[VOCAB_SIZE], logits[VOCAB_SIZE];
  size_t i, j;
  wanted_logits(wanted);
  for (i = 0; i < 6; ++i) {
    gemma4_thread_pool* pool = create_pool(2);
    gemma4_model* model = load_on(pool);
    gemma4_session* session = greedy_session(model);
    for (j = 0; j < 3; ++j) {
      check_threads(before + 1);
      if (kOrders[i][j] == 0) gemma4_thread_pool_free(pool);
      if (kOrders[i][j] == 1) gemma4_model_free(model);
      if (kOrders[i][j] == 2) {
        run(session, logits);
        CHECK(memcmp(wanted, logits, sizeof(logits)) == 0);
        gemma4_session_free(session);
      }
    }
    check_threads(before);
  }
}

static void any_number_of_threads_gives_the_same_bits(void) {
  static const size_t kCounts[] = {1, 2, 3, 8, 64};
  float wanted[VOCAB_SIZE];
  size_t i;
  wanted_logits(wanted);
  for (i = 0; i < sizeof(kCounts) / sizeof(kCounts[0]); ++i) {
    gemma4_thread_pool* pool = create_pool(kCounts[i]);
    gemma4_model* model = load_on(pool);
    gemma4_thread_pool_free(pool);
    CHECK_SIZE(kCounts[i], gemma4_model_num_threads(model));
    check_logits(model, wanted);
    gemma4_model_free(model);
  }
}

static void what_contradicts_itself_is_refused(void) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  gemma4_thread_pool* pool = create_pool(2);
  gemma4_thread_pool* other = pool;
  params.thread_pool = pool;
  params.num_threads = 2;
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_ERROR_NAMES("num_threads is 2");
  CHECK_ERROR_NAMES("thread_pool");
  CHECK(model == NULL);
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_pack(DEMO_MODEL, "/tmp/gemma4_not_written", &params));
  CHECK_ERROR_NAMES("thread_pool");
  params.num_threads = 0;
  CHECK_OK(gemma4_model_load(DEMO_MODEL, &params, &model));
  gemma4_model_free(model);

  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_thread_pool_create(1025, &other));
  CHECK_ERROR_NAMES("num_threads is 1025; at most 1024");
  CHECK(other == NULL);
  gemma4_thread_pool_free(pool);
}

/* A caller whose headers had no thread_pool: what lies there is something of its own. */
static void an_older_struct_has_no_pool(void) {
  const size_t before = num_threads_now();
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.struct_size = offsetof(gemma4_load_params, thread_pool);
  memset(&params.thread_pool, 0xa5, sizeof(params.thread_pool));
  params.num_threads = 3;
  CHECK_OK(gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_SIZE(3, gemma4_model_num_threads(model));
  gemma4_model_free(model);
  check_threads(before);

  /* And one that sets up an older struct gets no more than that. */
  gemma4_load_params_init(&params, offsetof(gemma4_load_params, thread_pool));
  CHECK_SIZE(offsetof(gemma4_load_params, thread_pool), params.struct_size);
  CHECK(*(unsigned char*)&params.thread_pool == 0xa5);
}

static int stop(uint64_t done_bytes, uint64_t total_bytes, void* userdata) {
  (void)total_bytes;
  (void)userdata;
  return done_bytes > 0;
}

static void a_load_that_fails_keeps_no_pool(void) {
  const size_t before = num_threads_now();
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.thread_pool = create_pool(3);
  params.progress = stop;
  CHECK_STATUS(GEMMA4_ERROR_STOPPED, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_STATUS(GEMMA4_ERROR_NOT_FOUND, gemma4_model_load("/not/there", &params, &model));
  gemma4_thread_pool_free(params.thread_pool);
  check_threads(before);
}

static size_t read_file(const char* path, unsigned char* bytes, size_t capacity) {
  size_t size;
  FILE* file = fopen(path, "rb");
  CHECK(file != NULL);
  size = fread(bytes, 1, capacity, file);
  CHECK(size < capacity);
  fclose(file);
  return size;
}

typedef struct thread_watch {
  size_t most;
} thread_watch;

static int watch_threads(uint64_t done_bytes, uint64_t total_bytes, void* userdata) {
  thread_watch* watch = (thread_watch*)userdata;
  const size_t now = num_threads_now();
  (void)done_bytes;
  (void)total_bytes;
  if (now > watch->most) watch->most = now;
  return 0;
}

/* Packing on the pool's threads starts no others, and gives the same file. */
static void packing_uses_the_pool(void) {
  static unsigned char by_pool[1 << 24], by_itself[1 << 24];
  const size_t before = num_threads_now();
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  thread_watch watch = {0};
  char folder[] = "/tmp/gemma4_thread_pool_test_XXXXXX";
  char path[64];
  size_t size;
  CHECK(mkdtemp(folder) != NULL);
  snprintf(path, sizeof(path), "%s/packed", folder);
  params.num_threads = 1;
  CHECK_OK(gemma4_model_pack(DEMO_MODEL, path, &params));
  size = read_file(path, by_itself, sizeof(by_itself));
  CHECK(size > 100000);
  params.num_threads = 0;
  params.thread_pool = create_pool(5);
  params.progress = watch_threads;
  params.progress_userdata = &watch;
  CHECK_OK(gemma4_model_pack(DEMO_MODEL, path, &params));
  CHECK_SIZE(before + 4, watch.most);
  CHECK_SIZE(size, read_file(path, by_pool, sizeof(by_pool)));
  CHECK(memcmp(by_itself, by_pool, size) == 0);
  gemma4_thread_pool_free(params.thread_pool);
  check_threads(before);
  CHECK(unlink(path) == 0);
  CHECK(rmdir(folder) == 0);
}

int main(void) {
  RUN(a_pool_has_the_threads_that_were_asked_for);
  RUN(two_models_have_the_threads_of_one);
  RUN(threads_end_with_whichever_is_freed_last);
  RUN(any_number_of_threads_gives_the_same_bits);
  RUN(what_contradicts_itself_is_refused);
  RUN(an_older_struct_has_no_pool);
  RUN(a_load_that_fails_keeps_no_pool);
  RUN(packing_uses_the_pool);
  return 0;
}
