/* gemma4_sampler_params: what each field does to the tokens, and what is refused. */
#include <math.h>

#include "check.h"

static const int32_t kPrompt[5] = {2, 8, 374, 24, 481};

static gemma4_session* new_session(gemma4_model* model, const gemma4_sampler_params* sampler) {
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  const int32_t no_stop_token = -1;
  gemma4_session* session = NULL;
  params.sampler = sampler;
  params.stop_token_ids = &no_stop_token; /* with the count 0: none */
  params.max_new_tokens = 12;
  CHECK_OK(gemma4_session_create(model, &params, &session));
  return session;
}

/* Twelve tokens after kPrompt. */
static void generate(gemma4_model* model, const gemma4_sampler_params* sampler, reply* out) {
  gemma4_session* session = new_session(model, sampler);
  memset(out, 0, sizeof(*out));
  CHECK_OK(gemma4_session_append_ids(session, kPrompt, 5));
  CHECK_OK(gemma4_session_generate(session, add_event, out));
  CHECK_SIZE(12, out->num_ids);
  gemma4_session_free(session);
}

static size_t count_of(const reply* r, int32_t id) {
  size_t count = 0, i;
  for (i = 0; i < r->num_ids; ++i) count += r->ids[i] == id;
  return count;
}

static gemma4_sampler_params greedy(void) {
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  sampler.temperature = 0.0f;
  return sampler;
}

static void a_bias_decides(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  gemma4_logit_bias biases[2] = {{374, 1000.0f}, {300, -1000.0f}};
  reply plain, biased;
  generate(model, &sampler, &plain);
  sampler.logit_bias = biases;
  sampler.num_logit_biases = 2;
  generate(model, &sampler, &biased);
  CHECK_SIZE(12, count_of(&biased, 374));

  biases[0].token_id = plain.ids[0];
  biases[0].bias = -INFINITY;
  generate(model, &sampler, &biased);
  CHECK_SIZE(0, count_of(&biased, plain.ids[0]));

  sampler.num_logit_biases = 0; /* whatever the pointer is */
  generate(model, &sampler, &biased);
  check_same_ids(&plain, &biased);
  gemma4_model_free(model);
}

static void banned_tokens_do_not_come(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  int32_t banned[2];
  reply plain, other;
  generate(model, &sampler, &plain);
  banned[0] = plain.ids[0];
  banned[1] = plain.ids[1];
  sampler.banned_token_ids = banned;
  sampler.num_banned_token_ids = 2;
  generate(model, &sampler, &other);
  CHECK_SIZE(0, count_of(&other, banned[0]));
  CHECK_SIZE(0, count_of(&other, banned[1]));
  gemma4_model_free(model);
}

/* Two tokens are far above all others, 374 above 500. A penalty takes 374 below 500 when it comes
 * to work; where in the sequence depends on what it counts. */
static void penalties_look_at_what_they_say(void) {
  static const gemma4_logit_bias kBiases[2] = {{374, 2000.0f}, {500, 1500.0f}};
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  reply r;
  sampler.logit_bias = kBiases;
  sampler.num_logit_biases = 2;

  /* 374 is in the prompt: 2000 / 4 is less than 1500 at once. */
  sampler.repetition_penalty = 4.0f;
  generate(model, &sampler, &r);
  CHECK(r.ids[0] == 500);
  /* The window ends before it. */
  sampler.penalty_window = 2;
  generate(model, &sampler, &r);
  CHECK(r.ids[0] == 374);
  CHECK(r.ids[1] == 500);
  sampler.penalty_window = 0;
  sampler.repetition_penalty = 1.0f;

  /* The prompt does not count, so it comes once; then 2000 - 700 is less than 1500; then both were
   * made, and it is 1300 against 800. */
  sampler.presence_penalty = 700.0f;
  generate(model, &sampler, &r);
  CHECK(r.ids[0] == 374 && r.ids[1] == 500 && r.ids[2] == 374);
  CHECK_SIZE(11, count_of(&r, 374));
  sampler.presence_penalty = 0.0f;

  /* 2000, 1700, then 1400 against 1500, 1400 against 1200, 1100 against 1200. */
  sampler.frequency_penalty = 300.0f;
  generate(model, &sampler, &r);
  CHECK(r.ids[0] == 374 && r.ids[1] == 374 && r.ids[2] == 500 && r.ids[3] == 374);
  CHECK(r.ids[4] == 500);
  gemma4_model_free(model);
}

static void min_p_of_one_is_greedy(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  reply by_temperature, by_min_p, hot;
  generate(model, &sampler, &by_temperature);
  sampler.temperature = 5.0f;
  sampler.top_k = 0;
  sampler.top_p = 1.0f;
  generate(model, &sampler, &hot);
  CHECK(memcmp(hot.ids, by_temperature.ids, sizeof(hot.ids)) != 0);
  sampler.min_p = 1.0f;
  generate(model, &sampler, &by_min_p);
  check_same_ids(&by_temperature, &by_min_p);
  gemma4_model_free(model);
}

/* Arrays are read while the session is made, and not after. */
static void arrays_are_not_kept(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  gemma4_logit_bias* bias = (gemma4_logit_bias*)malloc(sizeof(*bias));
  int32_t* banned = (int32_t*)malloc(sizeof(*banned));
  gemma4_session* session;
  reply r = {0};
  CHECK(bias != NULL && banned != NULL);
  bias->token_id = 374;
  bias->bias = 1000.0f;
  *banned = 12;
  sampler.logit_bias = bias;
  sampler.num_logit_biases = 1;
  sampler.banned_token_ids = banned;
  sampler.num_banned_token_ids = 1;
  session = new_session(model, &sampler);
  free(bias);
  free(banned);
  CHECK_OK(gemma4_session_append_ids(session, kPrompt, 5));
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  CHECK_SIZE(12, count_of(&r, 374));
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* A program compiled when the struct ended with top_k. */
static void an_older_struct_has_the_new_defaults(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler = greedy();
  reply whole, cut;
  generate(model, &sampler, &whole);
  memset(&sampler.min_p, 0xa5, sizeof(sampler) - offsetof(gemma4_sampler_params, min_p));
  sampler.struct_size = offsetof(gemma4_sampler_params, min_p);
  generate(model, &sampler, &cut);
  check_same_ids(&whole, &cut);
  gemma4_model_free(model);
}

static void refuse(gemma4_model* model, const gemma4_sampler_params* sampler, const char* named) {
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  gemma4_session* session = NULL;
  params.sampler = sampler;
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT, gemma4_session_create(model, &params, &session));
  CHECK_ERROR_NAMES(named);
  CHECK(session == NULL);
}

#define REFUSE(field, value, named) \
  do {                              \
    sampler = greedy();             \
    sampler.field = (value);        \
    refuse(model, &sampler, named); \
  } while (0)

static void what_means_nothing_is_refused_by_name(void) {
  static const int32_t kOutside[1] = {2048};
  static const gemma4_logit_bias kTwice[2] = {{5, 1.0f}, {5, 1.0f}};
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_sampler_params sampler;
  gemma4_logit_bias bias = {-1, 0.0f};
  REFUSE(min_p, -0.5f, "min_p is -0.5");
  REFUSE(min_p, 1.5f, "min_p is 1.5");
  REFUSE(min_p, NAN, "min_p");
  REFUSE(repetition_penalty, -1.0f, "repetition_penalty is -1");
  REFUSE(repetition_penalty, NAN, "repetition_penalty");
  REFUSE(frequency_penalty, INFINITY, "frequency_penalty is inf");
  REFUSE(presence_penalty, -INFINITY, "presence_penalty is -inf");
  REFUSE(num_logit_biases, 3, "logit_bias is NULL, and num_logit_biases is 3");
  REFUSE(num_banned_token_ids, 2, "banned_token_ids is NULL, and num_banned_token_ids is 2");

  sampler = greedy();
  sampler.banned_token_ids = kOutside;
  sampler.num_banned_token_ids = 1;
  refuse(model, &sampler, "banned_token_ids[0] is 2048, outside the vocabulary of 2048");
  sampler = greedy();
  sampler.logit_bias = &bias;
  sampler.num_logit_biases = 1;
  refuse(model, &sampler, "token id -1");
  bias.token_id = 7;
  bias.bias = INFINITY;
  refuse(model, &sampler, "token id 7");
  sampler.logit_bias = kTwice;
  sampler.num_logit_biases = 2;
  refuse(model, &sampler, "both of token id 5");
  gemma4_model_free(model);
}

int main(void) {
  RUN(a_bias_decides);
  RUN(banned_tokens_do_not_come);
  RUN(penalties_look_at_what_they_say);
  RUN(min_p_of_one_is_greedy);
  RUN(arrays_are_not_kept);
  RUN(an_older_struct_has_the_new_defaults);
  RUN(what_means_nothing_is_refused_by_name);
  return 0;
}
