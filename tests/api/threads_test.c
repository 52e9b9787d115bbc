/* Two threads: one cancels what the other does, or gets in its way. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <sched.h>

#include "check.h"

/* A number that one thread raises and another waits for. */
typedef struct gate {
  pthread_mutex_t mutex;
  pthread_cond_t raised;
  int value;
} gate;

static void gate_init(gate* g) {
  CHECK(pthread_mutex_init(&g->mutex, NULL) == 0);
  CHECK(pthread_cond_init(&g->raised, NULL) == 0);
  g->value = 0;
}

static void gate_destroy(gate* g) {
  pthread_cond_destroy(&g->raised);
  pthread_mutex_destroy(&g->mutex);
}

static void gate_raise(gate* g, int value) {
  pthread_mutex_lock(&g->mutex);
  if (value > g->value) g->value = value;
  pthread_cond_broadcast(&g->raised);
  pthread_mutex_unlock(&g->mutex);
}

static void gate_wait(gate* g, int value) {
  pthread_mutex_lock(&g->mutex);
  while (g->value < value) pthread_cond_wait(&g->raised, &g->mutex);
  pthread_mutex_unlock(&g->mutex);
}

static int gate_value(gate* g) {
  int value;
  pthread_mutex_lock(&g->mutex);
  value = g->value;
  pthread_mutex_unlock(&g->mutex);
  return value;
}

typedef struct canceller {
  gate progress;
  int wait_for;
  gemma4_cancel* cancel;
  gate done;
} canceller;

static void* set_cancel(void* raw) {
  canceller* c = (canceller*)raw;
  gate_wait(&c->progress, c->wait_for);
  gemma4_cancel_set(c->cancel);
  gate_raise(&c->done, 1);
  return NULL;
}

static pthread_t start_canceller(canceller* c, int wait_for) {
  pthread_t thread;
  gate_init(&c->progress);
  gate_init(&c->done);
  c->wait_for = wait_for;
  CHECK_OK(gemma4_cancel_create(&c->cancel));
  CHECK(pthread_create(&thread, NULL, set_cancel, c) == 0);
  return thread;
}

static void end_canceller(canceller* c, pthread_t thread) {
  CHECK(pthread_join(thread, NULL) == 0);
  gemma4_cancel_free(c->cancel);
  gate_destroy(&c->progress);
  gate_destroy(&c->done);
}

static int tell_progress(uint64_t done_bytes, uint64_t total_bytes, void* userdata) {
  canceller* c = (canceller*)userdata;
  (void)total_bytes;
  if (done_bytes > 0) {
    gate_raise(&c->progress, 1);
    gate_wait(&c->done, 1);
  }
  return 0;
}

static void another_thread_cancels_a_load(void) {
  canceller c;
  const pthread_t thread = start_canceller(&c, 1);
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.progress = tell_progress;
  params.progress_userdata = &c;
  params.cancel = c.cancel;
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED, gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK(model == NULL);
  end_canceller(&c, thread);
}

#define PROMPT_TOKENS 2000

static void fill_ids(int32_t* ids) {
  size_t i;
  ids[0] = 2;
  for (i = 1; i < PROMPT_TOKENS; ++i) ids[i] = (int32_t)(100 + 37 * i % 1900);
}

/* The other thread sets the flag while a long prompt runs, again and again until it hits. */
static void another_thread_cancels_a_prefill(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  gemma4_session* undisturbed = greedy_session(model);
  gemma4_step_params params = GEMMA4_STEP_PARAMS_INIT;
  gemma4_event event = GEMMA4_EVENT_INIT;
  gemma4_status status = GEMMA4_OK;
  int32_t ids[PROMPT_TOKENS];
  canceller c;
  const pthread_t thread = start_canceller(&c, 1);
  size_t num_done = 0;
  params.cancel = c.cancel;
  fill_ids(ids);
  while (status == GEMMA4_OK) {
    CHECK_OK(gemma4_session_reset(session));
    CHECK_OK(gemma4_session_append_ids(session, ids, PROMPT_TOKENS));
    do {
      status = gemma4_session_step(session, &params, &event);
      gate_raise(&c.progress, 1);
      if (status == GEMMA4_OK) num_done = event.num_tokens_done;
    } while (status == GEMMA4_OK && event.num_tokens_done < event.num_tokens_total);
    if (status == GEMMA4_OK) num_done = 0;
  }
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED, status);
  CHECK(event.kind == GEMMA4_EVENT_PENDING);
  CHECK_SIZE(num_done, event.num_tokens_done); /* what was prefilled stays */
  CHECK_SIZE(PROMPT_TOKENS, event.num_tokens_total);
  CHECK_SIZE(PROMPT_TOKENS, gemma4_session_position(session));

  /* And goes on to where it would have come. */
  CHECK_OK(gemma4_session_prefill(session, NULL, 0));
  CHECK_OK(gemma4_session_prefill(undisturbed, ids, PROMPT_TOKENS));
  CHECK(memcmp(gemma4_session_logits(session, NULL), gemma4_session_logits(undisturbed, NULL),
               2048 * sizeof(float)) == 0);
  end_canceller(&c, thread);
  gemma4_session_free(session);
  gemma4_session_free(undisturbed);
  gemma4_model_free(model);
}

typedef struct counting {
  reply r;
  canceller c;
} counting;

static int count_tokens(const gemma4_event* event, void* userdata) {
  counting* n = (counting*)userdata;
  add_event(event, &n->r);
  gate_raise(&n->c.progress, (int)n->r.num_ids);
  if (n->r.num_ids == 20) gate_wait(&n->c.done, 1); /* far enough: by now it must hit */
  return 0;
}

static void another_thread_cancels_a_generation(void) {
  static const char kQuestion[] = "Tell me a story about Mia and a cat.";
  static counting n;
  static reply whole;
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  gemma4_session* undisturbed = greedy_session(model);
  gemma4_step_params params = GEMMA4_STEP_PARAMS_INIT;
  const pthread_t thread = start_canceller(&n.c, 5);
  params.cancel = n.c.cancel;

  ask(session, kQuestion);
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED,
               gemma4_session_generate_with(session, &params, count_tokens, &n));
  CHECK(n.r.num_ids >= 5 && n.r.num_ids <= 20);
  CHECK(n.r.last_kind == GEMMA4_EVENT_TEXT);
  gemma4_cancel_clear(n.c.cancel);
  CHECK_OK(gemma4_session_generate_with(session, &params, add_event, &n.r));

  ask(undisturbed, kQuestion);
  CHECK_OK(gemma4_session_generate(undisturbed, add_event, &whole));
  CHECK(whole.num_ids > 30);
  check_same_ids(&whole, &n.r);
  CHECK_TEXT(whole.text, n.r.text);
  end_canceller(&n.c, thread);
  gemma4_session_free(session);
  gemma4_session_free(undisturbed);
  gemma4_model_free(model);
}

typedef struct intruder {
  gemma4_session* session;
  gate done;
} intruder;

/* Tries each call until it is turned away. None of them changes anything when it is not. */
static void* intrude(void* raw) {
  intruder* i = (intruder*)raw;
  while (gemma4_session_append_ids(i->session, NULL, 0) != GEMMA4_ERROR_BUSY) sched_yield();
  CHECK_ERROR_NAMES("another thread");
  while (gemma4_session_append_text(i->session, "", 0, 0) != GEMMA4_ERROR_BUSY) sched_yield();
  CHECK(gemma4_session_position(i->session) <= PROMPT_TOKENS);
  gate_raise(&i->done, 1);
  return NULL;
}

static void a_second_thread_is_turned_away(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* undisturbed = greedy_session(model);
  int32_t ids[PROMPT_TOKENS];
  intruder i;
  pthread_t thread;
  fill_ids(ids);
  i.session = greedy_session(model);
  gate_init(&i.done);
  CHECK(pthread_create(&thread, NULL, intrude, &i) == 0);
  while (!gate_value(&i.done)) {
    if (gemma4_session_reset(i.session) == GEMMA4_OK) {
      gemma4_session_prefill(i.session, ids, PROMPT_TOKENS);
    }
  }
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK_OK(gemma4_session_reset(i.session));
  CHECK_OK(gemma4_session_prefill(i.session, ids, PROMPT_TOKENS));
  CHECK_OK(gemma4_session_prefill(undisturbed, ids, PROMPT_TOKENS));
  CHECK(memcmp(gemma4_session_logits(i.session, NULL), gemma4_session_logits(undisturbed, NULL),
               2048 * sizeof(float)) == 0);
  gate_destroy(&i.done);
  gemma4_session_free(i.session);
  gemma4_session_free(undisturbed);
  gemma4_model_free(model);
}

/* Each thread with a session of its own; the model's handle is gone before they are done. */
static void* answer(void* raw) {
  gemma4_session* session = (gemma4_session*)raw;
  reply r = {0};
  ask(session, "What is 7 + 5?");
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  CHECK_TEXT("7 + 5 = 12", r.text);
  gemma4_session_free(session);
  /* The text of an error is this thread's own. */
  CHECK_TEXT("", gemma4_last_error_message());
  return NULL;
}

static void sessions_run_beside_each_other(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  pthread_t threads[3];
  size_t i;
  for (i = 0; i < 3; ++i) {
    CHECK(pthread_create(&threads[i], NULL, answer, greedy_session(model)) == 0);
  }
  gemma4_model_free(model);
  for (i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

typedef struct shared_pool {
  gemma4_thread_pool* pool;
  gate start;
} shared_pool;

typedef struct teller {
  shared_pool* shared;
  const reply* wanted;
} teller;

static const char kSum[] = "What is 7 + 5?";

static gemma4_model* load_on(gemma4_thread_pool* pool, const char* path) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  params.thread_pool = pool;
  CHECK_OK(gemma4_model_load(path, &params, &model));
  return model;
}

/* Loads a model, too: the other one may be in the middle of a token by then. */
static void* tell(void* raw) {
  const teller* t = (const teller*)raw;
  gemma4_model* model = load_on(t->shared->pool, DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  int i;
  gate_wait(&t->shared->start, 1);
  for (i = 0; i < 3; ++i) {
    reply r = {0};
    CHECK_OK(gemma4_session_reset(session));
    ask(session, kSum);
    CHECK_OK(gemma4_session_generate(session, add_event, &r));
    check_same_ids(t->wanted, &r);
  }
  gemma4_model_free(model);
  gemma4_session_free(session);
  return NULL;
}

/* Two that decode at once, a third that is loaded meanwhile, again and again. */
static void models_of_one_pool_run_beside_each_other(void) {
  static reply wanted;
  gemma4_model* alone = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(alone);
  shared_pool shared;
  teller t;
  pthread_t threads[2];
  int i;
  ask(session, kSum);
  CHECK_OK(gemma4_session_generate(session, add_event, &wanted));
  CHECK_TEXT("7 + 5 = 12", wanted.text);
  gemma4_session_free(session);
  gemma4_model_free(alone);

  CHECK_OK(gemma4_thread_pool_create(3, &shared.pool));
  gate_init(&shared.start);
  t.shared = &shared;
  t.wanted = &wanted;
  for (i = 0; i < 2; ++i) CHECK(pthread_create(&threads[i], NULL, tell, &t) == 0);
  gate_raise(&shared.start, 1);
  for (i = 0; i < 3; ++i) gemma4_model_free(load_on(shared.pool, DEMO_MODEL));
  for (i = 0; i < 2; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  gemma4_thread_pool_free(shared.pool);
  gate_destroy(&shared.start);
}

/* The caller's reference is given back while both still decode; whoever ends last ends the threads.
 */
static void a_pool_is_freed_while_its_models_run(void) {
  gemma4_thread_pool* pool = NULL;
  gemma4_model* models[2];
  pthread_t threads[2];
  int i;
  CHECK_OK(gemma4_thread_pool_create(3, &pool));
  for (i = 0; i < 2; ++i) {
    models[i] = load_on(pool, DEMO_MODEL);
    CHECK(pthread_create(&threads[i], NULL, answer, greedy_session(models[i])) == 0);
  }
  gemma4_thread_pool_free(pool);
  for (i = 0; i < 2; ++i) gemma4_model_free(models[i]);
  for (i = 0; i < 2; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(void) {
  RUN(another_thread_cancels_a_load);
  RUN(another_thread_cancels_a_prefill);
  RUN(another_thread_cancels_a_generation);
  RUN(a_second_thread_is_turned_away);
  RUN(sessions_run_beside_each_other);
  RUN(models_of_one_pool_run_beside_each_other);
  RUN(a_pool_is_freed_while_its_models_run);
  return 0;
}
