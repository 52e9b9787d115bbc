/* What a model says about itself, and its logits. */
#include "check.h"

#define VOCAB_SIZE 2048
#define NUM_IDS 40

static void fill_ids(int32_t* ids) {
  size_t i;
  ids[0] = 2;
  for (i = 1; i < NUM_IDS; ++i) ids[i] = (int32_t)(100 + 37 * i % 1900);
}

static size_t largest(const float* logits) {
  size_t best = 0, i;
  for (i = 1; i < VOCAB_SIZE; ++i) {
    if (logits[i] > logits[best]) best = i;
  }
  return best;
}

static void a_model_describes_itself(void) {
  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_model* model = NULL;
  size_t num_ids = 0;
  const int32_t* ids;
  params.weights = GEMMA4_WEIGHTS_EXACT;
  params.num_threads = 2;
  params.prefill_chunk_tokens = 64;
  CHECK_OK(gemma4_model_load(DEMO_MODEL, &params, &model));
  CHECK_SIZE(VOCAB_SIZE, gemma4_model_vocab_size(model));
  CHECK_SIZE(4096, gemma4_model_max_context_tokens(model));
  CHECK_SIZE(2, gemma4_model_num_threads(model));
  CHECK_SIZE(64, gemma4_model_prefill_chunk_tokens(model));
  CHECK_TEXT("custom", gemma4_model_variant(model));
  CHECK_TEXT("safetensors", gemma4_model_format(model));
  CHECK(gemma4_model_weights(model) == GEMMA4_WEIGHTS_EXACT);
  CHECK(gemma4_model_has_tokenizer(model) == 1);
  CHECK(gemma4_model_bos_token_id(model) == 2);
  ids = gemma4_model_stop_token_ids(model, &num_ids); /* of generation_config.json */
  CHECK_SIZE(3, num_ids);
  CHECK(ids[0] == 1 && ids[1] == 9 && ids[2] == 19);
  gemma4_model_free(model);

  model = load_model(DEMO_MODEL);
  CHECK(gemma4_model_weights(model) == GEMMA4_WEIGHTS_INT8);
  CHECK_SIZE(512, gemma4_model_prefill_chunk_tokens(model));
  CHECK(gemma4_model_num_threads(model) >= 1);
  gemma4_model_free(model);
}

static void a_token_is_chosen_from_the_logits(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  gemma4_event event = GEMMA4_EVENT_INIT;
  int32_t ids[NUM_IDS];
  size_t num_logits = 0, step;
  const float* logits;
  fill_ids(ids);
  CHECK_OK(gemma4_session_prefill(session, ids, NUM_IDS));
  CHECK_SIZE(NUM_IDS, gemma4_session_position(session));
  logits = gemma4_session_logits(session, &num_logits);
  CHECK(logits != NULL);
  CHECK_SIZE(VOCAB_SIZE, num_logits);
  for (step = 0; step < 5; ++step) {
    CHECK_OK(gemma4_session_step(session, NULL, &event));
    logits = gemma4_session_logits(session, NULL); /* those the token was chosen from */
    CHECK(logits != NULL);
    if (event.kind == GEMMA4_EVENT_END) break;
    CHECK_SIZE(largest(logits), (size_t)event.token_id);
  }
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* Row i of the scores is what a session says that was given i + 1 tokens. */
static void every_row_of_scores_is_that_of_its_prefix(void) {
  static float scores[NUM_IDS * VOCAB_SIZE];
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* scored = greedy_session(model);
  gemma4_session* single = greedy_session(model);
  int32_t ids[NUM_IDS];
  size_t i;
  fill_ids(ids);
  CHECK_OK(gemma4_session_append_ids(scored, ids, 3)); /* these wait, and are run first */
  CHECK_OK(gemma4_session_prefill_logits(scored, ids + 3, NUM_IDS - 3, NULL,
                                         scores + 3 * VOCAB_SIZE, (NUM_IDS - 3) * VOCAB_SIZE));
  for (i = 0; i < NUM_IDS; ++i) {
    const float* logits;
    CHECK_OK(gemma4_session_prefill(single, ids + i, 1));
    logits = gemma4_session_logits(single, NULL);
    if (i < 3) continue;
    CHECK(memcmp(logits, scores + i * VOCAB_SIZE, VOCAB_SIZE * sizeof(float)) == 0);
  }
  CHECK(memcmp(gemma4_session_logits(scored, NULL), gemma4_session_logits(single, NULL),
               VOCAB_SIZE * sizeof(float)) == 0);
  CHECK_SIZE(NUM_IDS, gemma4_session_position(scored));
  gemma4_session_free(scored);
  gemma4_session_free(single);
  gemma4_model_free(model);
}

static void there_are_no_logits_while_tokens_wait(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  int32_t ids[NUM_IDS];
  fill_ids(ids);
  CHECK(gemma4_session_logits(session, NULL) == NULL);
  CHECK_OK(gemma4_session_append_ids(session, ids, NUM_IDS));
  CHECK(gemma4_session_logits(session, NULL) == NULL);
  CHECK_ERROR_NAMES("40 tokens wait");
  CHECK_OK(gemma4_session_prefill(session, NULL, 0));
  CHECK(gemma4_session_logits(session, NULL) != NULL);
  CHECK_OK(gemma4_session_append_ids(session, ids, 1));
  CHECK(gemma4_session_logits(session, NULL) == NULL);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* What was appended waits on; the next prefill goes on with it, and the bits are the same. */
static void a_cancelled_prefill_goes_on(void) {
  static float scores[NUM_IDS * VOCAB_SIZE];
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  gemma4_session* undisturbed = greedy_session(model);
  gemma4_step_params params = GEMMA4_STEP_PARAMS_INIT;
  gemma4_cancel* cancel = NULL;
  int32_t ids[NUM_IDS];
  fill_ids(ids);
  CHECK_OK(gemma4_cancel_create(&cancel));
  gemma4_cancel_set(cancel);
  params.cancel = cancel;
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED,
               gemma4_session_prefill_with(session, ids, NUM_IDS - 1, &params));
  CHECK_SIZE(NUM_IDS - 1, gemma4_session_position(session));
  CHECK(gemma4_session_logits(session, NULL) == NULL);
  CHECK_STATUS(GEMMA4_ERROR_CANCELLED,
               gemma4_session_prefill_logits(session, ids + NUM_IDS - 1, 1, &params, scores,
                                             NUM_IDS * VOCAB_SIZE));
  CHECK_OK(gemma4_session_prefill(session, NULL, 0));
  CHECK_OK(gemma4_session_prefill(undisturbed, ids, NUM_IDS));
  CHECK(memcmp(gemma4_session_logits(session, NULL), gemma4_session_logits(undisturbed, NULL),
               VOCAB_SIZE * sizeof(float)) == 0);
  gemma4_cancel_free(cancel);
  gemma4_session_free(session);
  gemma4_session_free(undisturbed);
  gemma4_model_free(model);
}

int main(void) {
  RUN(a_model_describes_itself);
  RUN(a_token_is_chosen_from_the_logits);
  RUN(every_row_of_scores_is_that_of_its_prefix);
  RUN(there_are_no_logits_while_tokens_wait);
  RUN(a_cancelled_prefill_goes_on);
  return 0;
}
