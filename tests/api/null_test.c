/* NULL in every place where a pointer can be, and in every function. */
#include "check.h"

#define CHECK_INVALID(call) CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, call)

static void free_functions_and_flags_take_null(void) {
  gemma4_model_free(NULL);
  gemma4_model_retain(NULL);
  gemma4_session_free(NULL);
  gemma4_cancel_free(NULL);
  gemma4_thread_pool_free(NULL);
  gemma4_cancel_set(NULL);
  gemma4_cancel_clear(NULL);
  CHECK(gemma4_cancel_is_set(NULL) == 0);
  gemma4_load_params_init(NULL, sizeof(gemma4_load_params));
  gemma4_sampler_params_init(NULL, sizeof(gemma4_sampler_params));
  gemma4_session_params_init(NULL, sizeof(gemma4_session_params));
  gemma4_step_params_init(NULL, sizeof(gemma4_step_params));
  gemma4_event_init(NULL, sizeof(gemma4_event));
  CHECK(gemma4_has_feature(NULL) == 0);
  gemma4_model_info_free(NULL);
}

static void getters_take_null(void) {
  size_t size = 1;
  CHECK_SIZE(0, gemma4_model_vocab_size(NULL));
  CHECK_SIZE(0, gemma4_model_max_context_tokens(NULL));
  CHECK_SIZE(0, gemma4_model_num_threads(NULL));
  CHECK_SIZE(0, gemma4_thread_pool_num_threads(NULL));
  CHECK_SIZE(0, gemma4_model_prefill_chunk_tokens(NULL));
  CHECK_TEXT("", gemma4_model_variant(NULL));
  CHECK_TEXT("", gemma4_model_format(NULL));
  CHECK(gemma4_model_weights(NULL) == -1);
  CHECK(gemma4_model_has_tokenizer(NULL) == 0);
  CHECK(gemma4_model_bos_token_id(NULL) == -1);
  CHECK(gemma4_model_stop_token_ids(NULL, &size) == NULL);
  CHECK_SIZE(0, size);
  CHECK(gemma4_model_stop_token_ids(NULL, NULL) == NULL);
  CHECK_SIZE(0, gemma4_session_position(NULL));
  CHECK_SIZE(0, gemma4_session_max_context_tokens(NULL));
  CHECK(gemma4_session_bytes_per_token(NULL) == 0);
  size = 1;
  CHECK(gemma4_session_logits(NULL, &size) == NULL);
  CHECK_SIZE(0, size);
}

static void calls_without_an_object_are_refused(void) {
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  gemma4_event event = GEMMA4_EVENT_INIT;
  int32_t id = 0;
  size_t size = 1;
  float logit = 0.0f;
  char text = 0;
  CHECK_INVALID(gemma4_model_load(NULL, NULL, &model));
  CHECK_ERROR_NAMES("path is NULL");
  CHECK_INVALID(gemma4_model_load(DEMO_MODEL, NULL, NULL));
  CHECK_INVALID(gemma4_model_load_memory(NULL, 1, NULL, &model));
  CHECK_INVALID(gemma4_model_load_memory(NULL, 0, NULL, NULL));
  CHECK_INVALID(gemma4_model_tokenize(NULL, "a", 1, 0, &id, 1, &size));
  CHECK_SIZE(0, size);
  size = 1;
  CHECK_INVALID(gemma4_model_detokenize(NULL, &id, 1, &text, 1, &size));
  CHECK_SIZE(0, size);
  size = 1;
  CHECK_INVALID(gemma4_model_render_json(NULL, "{}", 2, GEMMA4_CHAT_AUTO, &text, 1, &size));
  CHECK_SIZE(0, size);
  CHECK_INVALID(gemma4_model_render_json_ids(NULL, "{}", 2, GEMMA4_CHAT_AUTO, &id, 1, &size));
  CHECK_INVALID(gemma4_chat_render_json(NULL, 1, GEMMA4_CHAT_SMALL, &text, 1, &size));
  CHECK_INVALID(gemma4_session_create(NULL, NULL, &session));
  CHECK_INVALID(gemma4_session_create(NULL, NULL, NULL));
  CHECK_INVALID(gemma4_session_reset(NULL));
  CHECK_INVALID(gemma4_model_verify(NULL));
  CHECK_INVALID(gemma4_session_rewind(NULL, 0));
  CHECK_INVALID(gemma4_session_append_text(NULL, "a", 1, 0));
  CHECK_INVALID(gemma4_session_append_ids(NULL, &id, 1));
  CHECK_INVALID(gemma4_session_prefill(NULL, &id, 1));
  CHECK_INVALID(gemma4_session_prefill_logits(NULL, &id, 1, NULL, &logit, 1));
  CHECK_INVALID(gemma4_session_add_user_text(NULL, "a", 1));
  CHECK_INVALID(gemma4_session_add_system_text(NULL, "a", 1));
  CHECK_INVALID(gemma4_session_step(NULL, NULL, &event));
  CHECK_ERROR_NAMES("session is NULL");
  CHECK_INVALID(gemma4_session_step(NULL, NULL, NULL));
  CHECK_INVALID(gemma4_session_generate(NULL, NULL, NULL));
  CHECK_INVALID(gemma4_session_generate_with(NULL, NULL, NULL, NULL));
  CHECK_INVALID(gemma4_cancel_create(NULL));
  CHECK_INVALID(gemma4_thread_pool_create(1, NULL));
  CHECK_ERROR_NAMES("out_thread_pool is NULL");
}

static void arguments_that_must_be_given_are_refused(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  float logit = 0.0f;
  int32_t id = 30;
  size_t size = 1;
  CHECK_INVALID(gemma4_session_create(model, NULL, NULL));
  CHECK_INVALID(gemma4_session_append_text(session, NULL, 1, 0));
  CHECK_INVALID(gemma4_session_append_text(session, NULL, GEMMA4_NUL_TERMINATED, 0));
  CHECK_INVALID(gemma4_session_append_ids(session, NULL, 1));
  CHECK_INVALID(gemma4_session_prefill(session, NULL, 1));
  CHECK_INVALID(gemma4_session_prefill_logits(session, NULL, 1, NULL, &logit, 1));
  CHECK_INVALID(gemma4_session_prefill_logits(session, &id, 1, NULL, NULL, 2048));
  CHECK_INVALID(gemma4_session_add_user_text(session, NULL, GEMMA4_NUL_TERMINATED));
  CHECK_INVALID(gemma4_session_add_system_text(session, NULL, 3));
  CHECK_INVALID(gemma4_session_step(session, NULL, NULL));
  CHECK_INVALID(gemma4_model_tokenize(model, NULL, 1, 0, &id, 1, &size));
  CHECK_INVALID(gemma4_model_tokenize(model, "a", 1, 0, NULL, 1, &size));
  CHECK_INVALID(gemma4_model_tokenize(model, "a", 1, 0, &id, 1, NULL));
  CHECK_INVALID(gemma4_model_detokenize(model, NULL, 1, NULL, 0, &size));
  CHECK_INVALID(gemma4_model_detokenize(model, &id, 1, NULL, 1, &size));
  CHECK_INVALID(gemma4_model_detokenize(model, &id, 1, NULL, 0, NULL));
  CHECK_INVALID(gemma4_chat_render_json("{\"messages\":[]}", 15, 1, NULL, 1, &size));
  CHECK_INVALID(gemma4_chat_render_json("{\"messages\":[]}", 15, 1, NULL, 0, NULL));
  CHECK_INVALID(gemma4_model_render_json(model, "{\"messages\":[]}", 15, 1, NULL, 1, &size));
  CHECK_INVALID(gemma4_model_render_json_ids(model, "{\"messages\":[]}", 15, 1, NULL, 1, &size));
  CHECK_SIZE(0, gemma4_session_position(session));

  /* Nothing is nothing, whatever points at it. */
  CHECK_OK(gemma4_session_append_text(session, NULL, 0, 0));
  CHECK_OK(gemma4_session_append_ids(session, NULL, 0));
  CHECK_OK(gemma4_session_prefill(session, NULL, 0));
  CHECK_OK(gemma4_model_tokenize(model, NULL, 0, 0, NULL, 0, &size));
  CHECK_SIZE(0, size);
  CHECK_OK(gemma4_model_detokenize(model, NULL, 0, NULL, 0, &size));
  CHECK_SIZE(0, size);
  CHECK_SIZE(0, gemma4_session_position(session));
  CHECK(gemma4_model_stop_token_ids(model, NULL) != NULL);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

int main(void) {
  RUN(free_functions_and_flags_take_null);
  RUN(getters_take_null);
  RUN(calls_without_an_object_are_refused);
  RUN(arguments_that_must_be_given_are_refused);
  return 0;
}
