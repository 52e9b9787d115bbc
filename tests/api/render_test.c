/* Whole conversations as JSON to prompts, through buffers of the caller. */
#include "check.h"

#define REQUEST                                                                                   \
  "{\"messages\":[{\"role\":\"user\",\"content\":\" a<turn|> \"}],\"add_generation_prompt\":true" \
  "%s}"

static gemma4_model* model;

static const char* request(const char* more) {
  static char text[512];
  snprintf(text, sizeof(text), REQUEST, more);
  return text;
}

/* The prompt, after a check that asking for the size first gives the same. */
static const char* rendered(const char* json, gemma4_chat_variant variant, int with_model) {
  static char text[1024];
  size_t asked = 0, given = 0;
  if (with_model) {
    CHECK_OK(
        gemma4_model_render_json(model, json, GEMMA4_NUL_TERMINATED, variant, NULL, 0, &asked));
    CHECK_OK(gemma4_model_render_json(model, json, GEMMA4_NUL_TERMINATED, variant, text,
                                      sizeof(text) - 1, &given));
  } else {
    CHECK_OK(gemma4_chat_render_json(json, GEMMA4_NUL_TERMINATED, variant, NULL, 0, &asked));
    CHECK_OK(gemma4_chat_render_json(json, strlen(json), variant, text, sizeof(text) - 1, &given));
  }
  CHECK_SIZE(asked, given);
  text[given] = '\0';
  return text;
}

#define SMALL "<bos><|turn>user\na<turn|><turn|>\n<|turn>model\n"
#define LARGE SMALL "<|channel>thought\n<channel|>"

static void the_request_then_the_caller_then_the_model_choose_the_template(void) {
  CHECK_TEXT(SMALL, rendered(request(""), GEMMA4_CHAT_SMALL, 0));
  CHECK_TEXT(LARGE, rendered(request(""), GEMMA4_CHAT_LARGE, 0));
  CHECK_TEXT(LARGE, rendered(request(",\"template\":\"large\""), GEMMA4_CHAT_SMALL, 0));
  CHECK_TEXT(LARGE, rendered(request(",\"template\":\"large\""), GEMMA4_CHAT_AUTO, 0));
  CHECK_TEXT(LARGE, rendered(request(",\"template\":\"auto\""), GEMMA4_CHAT_LARGE, 0));
  CHECK_TEXT(SMALL, rendered(request(""), GEMMA4_CHAT_AUTO, 1));
  CHECK_TEXT(LARGE, rendered(request(""), GEMMA4_CHAT_LARGE, 1));
}

static void contents_are_data_in_ids(void) {
  int32_t ids[64], more[64];
  size_t num_ids = 0, asked = 0, num_more = 0, i, num_ends = 0;
  const char* json = request("");
  CHECK_OK(
      gemma4_model_render_json_ids(model, json, strlen(json), GEMMA4_CHAT_AUTO, NULL, 0, &asked));
  CHECK_OK(
      gemma4_model_render_json_ids(model, json, strlen(json), GEMMA4_CHAT_AUTO, ids, 64, &num_ids));
  CHECK_SIZE(asked, num_ids);
  CHECK(ids[0] == gemma4_model_bos_token_id(model));
  for (i = 0; i < num_ids; ++i) num_ends += ids[i] == 9; /* <turn|> */
  CHECK_SIZE(1, num_ends);
  CHECK_OK(gemma4_model_tokenize(model, SMALL, GEMMA4_NUL_TERMINATED, GEMMA4_TEXT_PARSE_SPECIAL,
                                 more, 64, &num_more));
  CHECK(num_more < num_ids);
}

static void what_is_wrong_is_named(void) {
  char text[4] = {'x', 'x', 'x', 'x'};
  int32_t id = -7;
  size_t size = 1;
  const char* json = request("");
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_chat_render_json("{\"messages\":[5]}", GEMMA4_NUL_TERMINATED,
                                       GEMMA4_CHAT_SMALL, NULL, 0, &size));
  CHECK_ERROR_NAMES("messages[0] is a number; an object is expected");
  CHECK_SIZE(0, size);
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_chat_render_json("", 0, GEMMA4_CHAT_SMALL, NULL, 0, &size));
  CHECK_ERROR_NAMES("not valid JSON");
  CHECK_STATUS(GEMMA4_ERROR_INVALID_UTF8,
               gemma4_chat_render_json("\"\xff\"", 3, GEMMA4_CHAT_SMALL, NULL, 0, &size));
  CHECK_STATUS(
      GEMMA4_ERROR_INVALID_ARGUMENT,
      gemma4_chat_render_json(json, GEMMA4_NUL_TERMINATED, GEMMA4_CHAT_AUTO, NULL, 0, &size));
  CHECK_ERROR_NAMES("there is no model");
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_chat_render_json(json, GEMMA4_NUL_TERMINATED, 3, NULL, 0, &size));
  CHECK_ERROR_NAMES("variant is 3");
  CHECK_STATUS(
      GEMMA4_ERROR_INVALID_ARGUMENT,
      gemma4_chat_render_json(json, GEMMA4_NUL_TERMINATED, GEMMA4_CHAT_SMALL, text, 4, &size));
  CHECK_SIZE(strlen(SMALL), size);
  CHECK(text[0] == 'x');
  CHECK_STATUS(GEMMA4_ERROR_INVALID_ARGUMENT,
               gemma4_model_render_json_ids(model, json, GEMMA4_NUL_TERMINATED, GEMMA4_CHAT_AUTO,
                                            &id, 1, &size));
  CHECK(size > 1 && id == -7);
}

static void a_model_without_a_tokenizer_renders_text_only(void) {
  gemma4_model* bare = load_model(GOLDEN_MODEL);
  size_t size = 1;
  const char* json = request("");
  CHECK_OK(gemma4_model_render_json(bare, json, GEMMA4_NUL_TERMINATED, GEMMA4_CHAT_AUTO, NULL, 0,
                                    &size));
  CHECK_SIZE(strlen(SMALL), size);
  CHECK_STATUS(GEMMA4_ERROR_UNSUPPORTED,
               gemma4_model_render_json_ids(bare, json, GEMMA4_NUL_TERMINATED, GEMMA4_CHAT_AUTO,
                                            NULL, 0, &size));
  gemma4_model_free(bare);
}

static void headers_tell_the_template(void) {
  gemma4_model_info* info = NULL;
  CHECK_OK(gemma4_model_inspect(DEMO_MODEL, &info));
  CHECK(gemma4_model_info_chat_variant(info) == GEMMA4_CHAT_SMALL);
  gemma4_model_info_free(info);
  CHECK_OK(gemma4_model_inspect(GEMMA4_TEST_DATA_DIR "/golden/text/12b", &info));
  CHECK(gemma4_model_info_chat_variant(info) == GEMMA4_CHAT_LARGE);
  gemma4_model_info_free(info);
}

int main(void) {
  model = load_model(DEMO_MODEL);
  RUN(the_request_then_the_caller_then_the_model_choose_the_template);
  RUN(contents_are_data_in_ids);
  RUN(what_is_wrong_is_named);
  RUN(a_model_without_a_tokenizer_renders_text_only);
  RUN(headers_tell_the_template);
  gemma4_model_free(model);
  return 0;
}
