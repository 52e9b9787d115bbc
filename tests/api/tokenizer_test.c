/* Text to ids and back, through buffers of the caller. */
#include "check.h"

static gemma4_model* model;

/* Tokenizes, and checks that asking for the number first gives the same. */
static size_t tokenize(const char* text, size_t text_size, gemma4_text_flags flags, int32_t* ids,
                       size_t capacity) {
  size_t asked = 0, given = 0;
  CHECK_OK(gemma4_model_tokenize(model, text, text_size, flags, NULL, 0, &asked));
  CHECK_OK(gemma4_model_tokenize(model, text, text_size, flags, ids, capacity, &given));
  CHECK_SIZE(asked, given);
  return given;
}

static void text_comes_back_as_it_was(void) {
  static const char* const kTexts[] = {"Hello world!",
                                       " two  spaces ",
                                       "Caf\xc3\xa9 \xf0\x9f\x98\x80",
                                       "a\n\nb\n",
                                       "<turn|>",
                                       "<0x41>",
                                       ""};
  size_t i;
  for (i = 0; i < sizeof(kTexts) / sizeof(kTexts[0]); ++i) {
    int32_t ids[64];
    char text[64];
    size_t num_ids = tokenize(kTexts[i], GEMMA4_NUL_TERMINATED, 0, ids, 64);
    size_t text_size = 0, asked = 0;
    CHECK(num_ids <= strlen(kTexts[i]) + 1);
    CHECK_OK(gemma4_model_detokenize(model, ids, num_ids, NULL, 0, &asked));
    CHECK_OK(gemma4_model_detokenize(model, ids, num_ids, text, sizeof(text), &text_size));
    CHECK_SIZE(strlen(kTexts[i]), text_size);
    CHECK_SIZE(text_size, asked);
    CHECK(memcmp(text, kTexts[i], text_size) == 0);
  }
}

static void a_text_may_hold_nul(void) {
  int32_t ids[16];
  char text[16];
  size_t num_ids = tokenize("a\0b", 3, 0, ids, 16), text_size = 0;
  CHECK_OK(gemma4_model_detokenize(model, ids, num_ids, text, sizeof(text), &text_size));
  CHECK_SIZE(3, text_size);
  CHECK(memcmp(text, "a\0b", 3) == 0);
  CHECK_SIZE(tokenize("a", 1, 0, ids, 16), tokenize("a\0b", GEMMA4_NUL_TERMINATED, 0, ids, 16));
}

static void flags_add_bos_and_parse_control_tokens(void) {
  int32_t ids[16];
  CHECK_SIZE(1, tokenize("", 0, GEMMA4_TEXT_ADD_BOS, ids, 16));
  CHECK(ids[0] == gemma4_model_bos_token_id(model));
  CHECK_SIZE(1, tokenize("<turn|>", 7, GEMMA4_TEXT_PARSE_SPECIAL, ids, 16));
  CHECK(ids[0] == 9);
  CHECK(tokenize("<turn|>", 7, 0, ids, 16) > 1);
  /* Never two of them. */
  CHECK_SIZE(2, tokenize("<bos><turn|>", GEMMA4_NUL_TERMINATED,
                         GEMMA4_TEXT_ADD_BOS | GEMMA4_TEXT_PARSE_SPECIAL, ids, 16));
  CHECK(ids[0] == 2 && ids[1] == 9);
}

static void what_does_not_fit_is_not_written(void) {
  int32_t ids[4] = {-7, -7, -7, -7};
  char text[4] = {'x', 'x', 'x', 'x'};
  size_t size = 0, num_ids = 0;
  CHECK_OK(gemma4_model_tokenize(model, "Hello world!", 12, 0, NULL, 0, &num_ids));
  CHECK(num_ids > 1);
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_tokenize(model, "Hello world!", 12, 0, ids, num_ids - 1, &size));
  CHECK_SIZE(num_ids, size);
  CHECK(ids[0] == -7);
  CHECK_OK(gemma4_model_tokenize(model, "Hi", 2, 0, ids, 4, &num_ids));
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_detokenize(model, ids, num_ids, text, 1, &size));
  CHECK_SIZE(2, size);
  CHECK(text[0] == 'x');
}

static void control_tokens_appear_by_name_and_bad_bytes_as_u_fffd(void) {
  static const int32_t kControl[2] = {8, 9};
  int32_t ids[8];
  char text[32];
  size_t size = 0, num_ids;
  CHECK_OK(gemma4_model_detokenize(model, kControl, 2, text, sizeof(text), &size));
  CHECK_SIZE(14, size);
  CHECK(memcmp(text, "<|turn><turn|>", 14) == 0);
  num_ids = tokenize("\xf0\x9f\x98\x80", 4, 0, ids, 8); /* four byte tokens in this vocabulary */
  CHECK_SIZE(4, num_ids);
  CHECK_OK(gemma4_model_detokenize(model, ids, 3, text, sizeof(text), &size));
  CHECK_SIZE(3, size);
  CHECK(memcmp(text, "\xef\xbf\xbd", 3) == 0);
}

static void wrong_input_is_refused(void) {
  int32_t ids[2] = {5, 2048};
  size_t size = 7;
  CHECK_STATUS(GEMMA4_ERROR_INVALID_UTF8,
               gemma4_model_tokenize(model, "ab\xc3(", 4, 0, NULL, 0, &size));
  CHECK_SIZE(0, size);
  CHECK_ERROR_NAMES("offset 2");
  CHECK_STATUS(GEMMA4_ERROR_UNSUPPORTED, gemma4_model_tokenize(model, "a", 1, 8, NULL, 0, &size));
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_tokenize(model, "a", (size_t)-2, 0, NULL, 0, &size));
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_detokenize(model, ids, 2, NULL, 0, &size));
  CHECK_ERROR_NAMES("2048");
  ids[1] = -1;
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_detokenize(model, ids, 2, NULL, 0, &size));
}

int main(void) {
  model = load_model(DEMO_MODEL);
  RUN(text_comes_back_as_it_was);
  RUN(a_text_may_hold_nul);
  RUN(flags_add_bos_and_parse_control_tokens);
  RUN(what_does_not_fit_is_not_written);
  RUN(control_tokens_appear_by_name_and_bad_bytes_as_u_fffd);
  RUN(wrong_input_is_refused);
  gemma4_model_free(model);
  return 0;
}
