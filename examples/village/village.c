/*
 * A village in a frame loop: every villager who talks gets a piece of one pass through the model
 * each frame, and no frame waits longer than its budget: village MODEL [BUDGET_US]
 *
 * Introduces gemma4_step_many, gemma4_step_params.time_budget_us and gemma4_session_params.sampler.
 */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include <gemma4/gemma4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct villager {
  const char* name;
  const char* question;
  int begins_at_frame; /* when the player walks up to them */
  gemma4_session* session;
  char bubble[512]; /* what is drawn above the head */
} villager;

static villager villagers[] = {
    {"Miller", "What is the capital of France?", 0, NULL, ""},
    {"Smith", "What is 7 + 5?", 0, NULL, ""},
    {"Baker", "What is the opposite of hot?", 3, NULL, ""},
    {"Weaver", "Count from 3 to 9.", 5, NULL, ""},
    {"Shepherd", "What is the capital of Italy?", 9, NULL, ""},
    {"Bard", "What is quantum physics?", 12, NULL, ""},
};
enum { kNumVillagers = sizeof villagers / sizeof villagers[0] };

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fail(const char* what) {
  fprintf(stderr, "village: %s: %s\n", what, gemma4_last_error_message());
  exit(1);
}

static void begin_to_talk(gemma4_model* model, villager* who) {
  gemma4_sampler_params sampler = GEMMA4_SAMPLER_PARAMS_INIT;
  sampler.temperature = 0; /* the same words every time; a game might give each a seed instead */
  gemma4_session_params params = GEMMA4_SESSION_PARAMS_INIT;
  params.sampler = &sampler;
  params.max_context_tokens = 256; /* small talk, and little memory */
  if (gemma4_session_create(model, &params, &who->session) != GEMMA4_OK) fail(who->name);
  if (gemma4_session_add_user_text(who->session, who->question, GEMMA4_NUL_TERMINATED) !=
      GEMMA4_OK) {
    fail(who->name);
  }
}

/* Returns 1 when the villager has done talking. */
static int take(villager* who, const gemma4_event* event) {
  if (event->status != GEMMA4_OK) {
    snprintf(who->bubble, sizeof who->bubble, "(%s)", gemma4_status_name(event->status));
    return 1;
  }
  if (event->kind == GEMMA4_EVENT_TEXT) {
    const size_t used = strlen(who->bubble);
    const size_t room = sizeof who->bubble - 1 - used;
    const size_t taken = event->text_size < room ? event->text_size : room;
    memcpy(who->bubble + used, event->text, taken);
    who->bubble[used + taken] = '\0';
  }
  return event->kind == GEMMA4_EVENT_END;
}

int main(int argc, char** argv) {
  gemma4_model* model = NULL;
  if (argc < 2) {
    fprintf(stderr, "village MODEL [BUDGET_US]\n");
    return 2;
  }
  if (gemma4_model_load(argv[1], NULL, &model) != GEMMA4_OK) fail(argv[1]);

  gemma4_step_params step = GEMMA4_STEP_PARAMS_INIT;
  step.time_budget_us = argc > 2 ? strtoull(argv[2], NULL, 10) : 4000;

  int num_done = 0;
  double longest_us = 0;
  int frame = 0;
  for (; num_done < kNumVillagers; ++frame) {
    gemma4_session* talking[kNumVillagers];
    villager* who[kNumVillagers];
    gemma4_event events[kNumVillagers] = {GEMMA4_EVENT_INIT};
    size_t num_talking = 0;
    for (int i = 0; i < kNumVillagers; ++i) {
      if (villagers[i].begins_at_frame == frame) begin_to_talk(model, &villagers[i]);
      if (villagers[i].session == NULL) continue;
      who[num_talking] = &villagers[i];
      talking[num_talking++] = villagers[i].session;
    }

    /* One pass for all of them; the weights are read once. The words are the same as alone. */
    const double begin_us = now_us();
    if (gemma4_step_many(talking, num_talking, &step, events) != GEMMA4_OK) fail("step");
    const double elapsed_us = now_us() - begin_us;
    if (elapsed_us > longest_us) longest_us = elapsed_us;

    for (size_t i = 0; i < num_talking; ++i) {
      if (!take(who[i], &events[i])) continue;
      gemma4_session_free(who[i]->session);
      who[i]->session = NULL;
      ++num_done;
    }
    /* Here the game draws its frame. */
  }

  for (int i = 0; i < kNumVillagers; ++i) {
    printf("%s: %s\n", villagers[i].name, villagers[i].bubble);
  }
  printf("%d frames, the longest step took %.1f ms\n", frame, longest_us / 1000);
  gemma4_model_free(model);
  return 0;
}
