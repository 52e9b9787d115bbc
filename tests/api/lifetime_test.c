/* Handles freed in any order; nothing left behind in memory or running. Linux: reads /proc. */
#define _POSIX_C_SOURCE 200809L /* sysconf, and what thread_count.h needs */

#include <unistd.h>

#include "check.h"
#include "thread_count.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_MEASURABLE 0 /* freed memory is kept for a while to find late uses */
#else
#define MEMORY_IS_MEASURABLE 1
#endif

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL);
  CHECK(fscanf(file, "%ld %ld", &pages, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void use(gemma4_session* session) {
  static const int32_t kIds[3] = {2, 30, 31};
  CHECK_OK(gemma4_session_prefill(session, kIds, 3));
}

static void handles_may_be_freed_in_any_order(void) {
  static const int kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  size_t i, j;
  for (i = 0; i < 6; ++i) {
    gemma4_model* model = load_model(GOLDEN_MODEL);
    gemma4_session* sessions[2];
    sessions[0] = greedy_session(model);
    sessions[1] = greedy_session(model);
    for (j = 0; j < 3; ++j) {
      const int which = kOrders[i][j];
      size_t k;
      if (which == 2) {
        gemma4_model_free(model);
      } else {
        gemma4_session_free(sessions[which]);
        sessions[which] = NULL;
      }
      for (k = 0; k < 2; ++k) {
        if (sessions[k] != NULL) use(sessions[k]);
      }
    }
  }
}

static void a_reference_keeps_the_model(void) {
  gemma4_model* model = load_model(GOLDEN_MODEL);
  gemma4_session* session;
  gemma4_model_retain(model);
  gemma4_model_retain(model);
  gemma4_model_free(model);
  gemma4_model_free(model);
  CHECK(gemma4_model_vocab_size(model) > 0);
  session = greedy_session(model);
  use(session);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void a_thousand_sessions_leave_memory_flat(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  long before = 0;
  int i;
  for (i = 0; i < 1100; ++i) {
    gemma4_session* session = greedy_session(model);
    use(session);
    gemma4_session_free(session);
    if (i == 99) before = resident_kib();
  }
  if (MEMORY_IS_MEASURABLE) CHECK(resident_kib() - before < 1024);
  gemma4_model_free(model);
}

static void models_leave_memory_flat_and_no_thread(void) {
  const size_t num_threads = num_threads_now();
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  long before = 0;
  int i;
  params.num_threads = 2;
  for (i = 0; i < 30; ++i) {
    gemma4_model* model = NULL;
    gemma4_session* session;
    CHECK_OK(gemma4_model_load(GOLDEN_MODEL, &params, &model));
    CHECK_SIZE(2, gemma4_model_num_threads(model));
    session = greedy_session(model);
    use(session);
    gemma4_model_free(model);
    if (i == 0) CHECK(num_threads_now() > num_threads);
    gemma4_session_free(session);
    if (i == 9) before = resident_kib();
  }
  if (MEMORY_IS_MEASURABLE) CHECK(resident_kib() - before < 1024);
  check_threads(num_threads);
}

static void a_failed_load_leaves_no_thread(void) {
  const size_t num_threads = num_threads_now();
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  gemma4_cancel* cancel = NULL;
  CHECK_OK(gemma4_cancel_create(&cancel));
  gemma4_cancel_set(cancel);
  params.cancel = cancel;
  params.num_threads = 2;
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED, gemma4_model_load(GOLDEN_MODEL, &params, &model));
  gemma4_cancel_free(cancel);
  check_threads(num_threads);
}

int main(void) {
  RUN(handles_may_be_freed_in_any_order);
  RUN(a_reference_keeps_the_model);
  RUN(a_thousand_sessions_leave_memory_flat);
  RUN(models_leave_memory_flat_and_no_thread);
  RUN(a_failed_load_leaves_no_thread);
  return 0;
}
