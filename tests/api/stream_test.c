/* Streams of events: by callback, by step, cut between characters, stopped and gone on with. */
#include "check.h"
#include "model_files.h"

static const char kQuestion[] = "What is the capital of France?";
static const char kAnswer[] = "The capital of France is Paris.";

static void check_answer(const reply* r) {
  CHECK_TEXT(kAnswer, r->text);
  CHECK(r->last_kind == GEMMA4_EVENT_END);
  CHECK(r->end_reason == GEMMA4_END_STOP_TOKEN);
  CHECK(r->end_token_id >= 0);
}

static void callback_and_step_give_the_same_tokens(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* pushed = greedy_session(model);
  gemma4_session* pulled = greedy_session(model);
  gemma4_event event = GEMMA4_EVENT_INIT;
  reply by_callback = {0}, by_step = {0};

  ask(pushed, kQuestion);
  CHECK_OK(gemma4_session_generate(pushed, add_event, &by_callback));
  check_answer(&by_callback);
  CHECK(by_callback.num_prefill_events > 0);

  ask(pulled, kQuestion);
  do {
    CHECK_OK(gemma4_session_step(pulled, NULL, &event));
    CHECK_SIZE(sizeof(event), event.struct_size);
    CHECK(event.text != NULL);
    add_event(&event, &by_step);
  } while (event.kind != GEMMA4_EVENT_END);
  check_answer(&by_step);
  check_same_ids(&by_callback, &by_step);
  CHECK_SIZE(gemma4_session_position(pushed), gemma4_session_position(pulled));

  gemma4_session_free(pushed);
  gemma4_session_free(pulled);
  gemma4_model_free(model);
}

/* The defaults of the model's files sample; a seed makes that repeatable. */
static void the_defaults_answer_too(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = NULL;
  reply first = {0}, second = {0};
  CHECK_OK(gemma4_session_create(model, NULL, &session));
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &first));
  check_answer(&first);
  CHECK_OK(gemma4_session_reset(session));
  CHECK_SIZE(0, gemma4_session_position(session));
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &second));
  check_same_ids(&first, &second);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void the_model_may_be_freed_before_its_session(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  reply r = {0};
  gemma4_model_free(model);
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  check_answer(&r);
  gemma4_session_free(session);
}

static void the_system_turn_is_heard(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  reply r = {0};
  CHECK_OK(gemma4_session_add_system_text(session, "You are Nora, a fisher near the river.",
                                          GEMMA4_NUL_TERMINATED));
  ask(session, "What do you sell?");
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  CHECK_TEXT("I sell fish and nets.", r.text);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void raw_text_gives_the_same_as_turns(void) {
  static const char kPrompt[] =
      "<|turn>user\nWhat is the capital of France?<turn|>\n<|turn>model\n";
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  reply r = {0};
  CHECK_OK(gemma4_session_append_text(session, kPrompt, sizeof(kPrompt) - 1,
                                      GEMMA4_TEXT_ADD_BOS | GEMMA4_TEXT_PARSE_SPECIAL));
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  check_answer(&r);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* Stops after the third token, looking around inside the callback. */
typedef struct stopping {
  reply r;
  gemma4_session* session;
} stopping;

static int stop_after_three(const gemma4_event* event, void* userdata) {
  stopping* s = (stopping*)userdata;
  size_t num_logits = 0;
  add_event(event, &s->r);
  if (event->kind == GEMMA4_EVENT_TEXT) {
    CHECK(gemma4_session_logits(s->session, &num_logits) != NULL);
    CHECK_SIZE(2048, num_logits);
  }
  return s->r.num_ids == 3;
}

static void a_callback_may_stop_and_the_session_goes_on(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  stopping s;
  memset(&s, 0, sizeof(s));
  s.session = greedy_session(model);
  ask(s.session, kQuestion);
  CHECK_STATUS(GEMMA4_ERROR_STOPPED, gemma4_session_generate(s.session, stop_after_three, &s));
  CHECK_SIZE(3, s.r.num_ids);
  CHECK_OK(gemma4_session_generate(s.session, add_event, &s.r));
  check_answer(&s.r);
  gemma4_session_free(s.session);
  gemma4_model_free(model);
}

static void nobody_needs_to_listen(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  size_t position;
  ask(session, kQuestion);
  position = gemma4_session_position(session);
  CHECK_OK(gemma4_session_generate(session, NULL, NULL));
  CHECK(gemma4_session_position(session) > position);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void limits_end_a_generation(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = NULL;
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  reply r = {0};
  params.max_new_tokens = 3;
  CHECK_OK(gemma4_session_create(model, &params, &session));
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  CHECK(r.end_reason == GEMMA4_END_MAX_TOKENS);
  CHECK(r.end_token_id == -1);
  CHECK_SIZE(3, r.num_ids);
  params.max_new_tokens = 0;
  params.max_context_tokens = gemma4_session_position(session);
  gemma4_session_free(session);

  memset(&r, 0, sizeof(r));
  CHECK_OK(gemma4_session_create(model, &params, &session));
  CHECK_SIZE(params.max_context_tokens, gemma4_session_max_context_tokens(session));
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  CHECK(r.end_reason == GEMMA4_END_CONTEXT_FULL);
  CHECK_SIZE(3, r.num_ids);
  CHECK_SIZE(params.max_context_tokens, gemma4_session_position(session));
  gemma4_session_free(session);
  gemma4_model_free(model);
}

static void stop_tokens_may_be_the_callers(void) {
  gemma4_model* model = load_model(DEMO_MODEL);
  gemma4_session* session = greedy_session(model);
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  reply whole = {0}, cut = {0};
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &whole));
  gemma4_session_free(session);
  params.stop_token_ids = &whole.ids[4];
  params.num_stop_token_ids = 1;
  CHECK_OK(gemma4_session_create(model, &params, &session));
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &cut));
  CHECK_SIZE(4, cut.num_ids);
  CHECK(cut.end_reason == GEMMA4_END_STOP_TOKEN);
  CHECK(cut.end_token_id == whole.ids[4]);
  gemma4_session_free(session);
  gemma4_model_free(model);
}

/* Base models' generation_config.json names <eos> alone, and so does that of many fine-tunes of
 * them: a turn of a chat ends where the format ends it all the same. */
static void a_turn_ends_where_the_format_says(void) {
  model_files files;
  gemma4_model* model = NULL;
  gemma4_session* session;
  size_t num_ids = 0;
  reply first = {0}, second = {0};
  read_model_files(&files);
  replace_in_file(&files, "generation_config.json", "[\n  1,\n  9,\n  19\n ]", "1");
  CHECK_OK(load_files(&files, NULL, &model));
  CHECK(gemma4_model_stop_token_ids(model, &num_ids)[0] == 1);
  CHECK_SIZE(1, num_ids);
  session = greedy_session(model);
  ask(session, kQuestion);
  CHECK_OK(gemma4_session_generate(session, add_event, &first));
  check_answer(&first);
  CHECK(first.end_token_id == 9); /* <turn|> */
  ask(session, "What is 7 + 5?");
  CHECK_OK(gemma4_session_generate(session, add_event, &second));
  CHECK_TEXT("7 + 5 = 12", second.text);
  gemma4_session_free(session);
  gemma4_model_free(model);
  free_model_files(&files);
}

/* Makes the piece of a token id a byte piece and gives that byte piece's id its text. */
static void swap_piece_with_byte(model_files* files, const gemma4_model* model, int32_t id,
                                 const char* byte_piece) {
  char text[256], piece[512], entry[768], other[768];
  size_t text_size = 0, i, n = 0;
  int byte_id = -1;
  CHECK_OK(gemma4_model_detokenize(model, &id, 1, text, sizeof(text), &text_size));
  for (i = 0; i < text_size; ++i) { /* a space is U+2581 in the file */
    if (text[i] == ' ') {
      memcpy(piece + n, "\xe2\x96\x81", 3);
      n += 3;
    } else {
      piece[n++] = text[i];
    }
  }
  piece[n] = '\0';
  snprintf(entry, sizeof(entry), "\"%s\": ", byte_piece);
  byte_id = atoi(strstr(file_bytes(files, "tokenizer.json"), entry) + strlen(entry));
  CHECK(byte_id > 0);
  snprintf(entry, sizeof(entry), "\"%s\": %d,", byte_piece, byte_id);
  snprintf(other, sizeof(other), "\"%s\": %d,", piece, byte_id);
  replace_in_file(files, "tokenizer.json", entry, other);
  snprintf(entry, sizeof(entry), "\"%s\": %d,", piece, (int)id);
  snprintf(other, sizeof(other), "\"%s\": %d,", byte_piece, (int)id);
  replace_in_file(files, "tokenizer.json", entry, other);
}

/* A model whose answer to the question holds U+1F600 in four byte tokens, at ids 1 to 4: the same
 * weights, other names for four tokens. */
static void a_character_split_over_tokens_comes_out_whole(void) {
  static const char* const kBytes[4] = {"<0xF0>", "<0x9F>", "<0x98>", "<0x80>"};
  static const char kPrompt[] =
      "<bos><|turn>user\nWhat is the capital of France?<turn|>\n<|turn>model\n";
  model_files files;
  gemma4_model *model = load_model(DEMO_MODEL), *renamed = NULL;
  gemma4_session* session = greedy_session(model);
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  gemma4_event event = GEMMA4_EVENT_INIT;
  int32_t prompt[64];
  size_t num_prompt = 0, i;
  reply plain = {0}, r = {0};

  CHECK_OK(gemma4_model_tokenize(model, kPrompt, GEMMA4_NUL_TERMINATED, GEMMA4_TEXT_PARSE_SPECIAL,
                                 prompt, 64, &num_prompt));
  CHECK_OK(gemma4_session_append_ids(session, prompt, num_prompt));
  CHECK_OK(gemma4_session_generate(session, add_event, &plain));
  check_answer(&plain);
  gemma4_session_free(session);

  read_model_files(&files);
  for (i = 0; i < 4; ++i) swap_piece_with_byte(&files, model, plain.ids[1 + i], kBytes[i]);
  gemma4_model_free(model);
  CHECK_OK(load_files(&files, NULL, &renamed));

  session = greedy_session(renamed);
  CHECK_OK(gemma4_session_prefill(session, prompt, num_prompt));
  for (i = 0; i < plain.num_ids; ++i) {
    CHECK_OK(gemma4_session_step(session, NULL, &event));
    CHECK(event.kind == GEMMA4_EVENT_TEXT);
    CHECK(event.token_id == plain.ids[i]); /* at once, though its text waits */
    if (i >= 1 && i <= 3) CHECK_SIZE(0, event.text_size);
    if (i == 4) {
      CHECK_SIZE(4, event.text_size);
      CHECK(memcmp(event.text, "\xf0\x9f\x98\x80", 4) == 0);
    }
  }
  gemma4_session_free(session);

  /* Cut inside the character: the bytes held back become U+FFFD before the end. */
  params.max_new_tokens = 3;
  CHECK_OK(gemma4_session_create(renamed, &params, &session));
  CHECK_OK(gemma4_session_prefill(session, prompt, num_prompt));
  for (i = 0; i < 3; ++i) CHECK_OK(gemma4_session_step(session, NULL, &event));
  CHECK_OK(gemma4_session_step(session, NULL, &event));
  CHECK(event.kind == GEMMA4_EVENT_TEXT);
  CHECK(event.token_id == -1);
  CHECK_SIZE(3, event.text_size);
  CHECK(memcmp(event.text, "\xef\xbf\xbd", 3) == 0);
  CHECK_OK(gemma4_session_step(session, NULL, &event));
  CHECK(event.kind == GEMMA4_EVENT_END);
  CHECK(event.end_reason == GEMMA4_END_MAX_TOKENS);
  CHECK_SIZE(0, event.text_size);
  gemma4_session_free(session);

  /* The whole reply, as everybody else sees it. */
  session = greedy_session(renamed);
  CHECK_OK(gemma4_session_append_ids(session, prompt, num_prompt));
  CHECK_OK(gemma4_session_generate(session, add_event, &r));
  check_same_ids(&plain, &r);
  CHECK(strstr(r.text, "The\xf0\x9f\x98\x80") == r.text);
  gemma4_session_free(session);
  gemma4_model_free(renamed);
  free_model_files(&files);
}

int main(void) {
  RUN(callback_and_step_give_the_same_tokens);
  RUN(the_defaults_answer_too);
  RUN(the_model_may_be_freed_before_its_session);
  RUN(the_system_turn_is_heard);
  RUN(raw_text_gives_the_same_as_turns);
  RUN(a_callback_may_stop_and_the_session_goes_on);
  RUN(nobody_needs_to_listen);
  RUN(limits_end_a_generation);
  RUN(stop_tokens_may_be_the_callers);
  RUN(a_turn_ends_where_the_format_says);
  RUN(a_character_split_over_tokens_comes_out_whole);
  return 0;
}
