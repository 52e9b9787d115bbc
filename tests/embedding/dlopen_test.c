/*
 * A plugin host: loads libgemma4 with dlopen, uses it, closes it, again and again, and has the
 * threads and the mappings afterwards that it had before.
 *
 *     dlopen_test MODEL LIBRARY
 */
#include <dirent.h>
#include <dlfcn.h>
#include <gemma4/gemma4.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

enum { kNumRounds = 6, kNumThreads = 3 };

static int NumThreads(void) {
  int num_threads = 0;
  DIR* folder = opendir("/proc/self/task");
  CHECK(folder != NULL);
  for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    num_threads += entry->d_name[0] != '.';
  }
  closedir(folder);
  return num_threads;
}

/* A thread that was joined may stay in /proc for another moment. */
static int NumThreadsAtRest(void) {
  const struct timespec pause = {0, 10 * 1000 * 1000};
  for (int i = 0; i < 200 && NumThreads() > 1; ++i) nanosleep(&pause, NULL);
  return NumThreads();
}

/* Mappings of this process, and in *out_num_named those whose line contains `name`. */
static int NumMappings(const char* name, int* out_num_named) {
  char line[1024];
  int num_mappings = 0;
  FILE* file = fopen("/proc/self/maps", "r");
  CHECK(file != NULL);
  *out_num_named = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    ++num_mappings;
    *out_num_named += strstr(line, name) != NULL;
  }
  fclose(file);
  return num_mappings;
}

/* A function pointer, without the cast from void* that C forbids. */
#define FIND(library, name)                     \
  do {                                          \
    void* address = dlsym(library, #name);      \
    CHECK(address != NULL);                     \
    memcpy(&name##_, &address, sizeof address); \
  } while (0)

static void UseOnce(const char* path, const char* model_path) {
  const char* (*gemma4_last_error_message_)(void);
  gemma4_status (*gemma4_model_load_)(const char*, const gemma4_load_params*, gemma4_model**);
  void (*gemma4_model_free_)(gemma4_model*);
  gemma4_status (*gemma4_session_create_)(gemma4_model*, const gemma4_session_params*,
                                          gemma4_session**);
  void (*gemma4_session_free_)(gemma4_session*);
  gemma4_status (*gemma4_session_add_user_text_)(gemma4_session*, const char*, size_t);
  gemma4_status (*gemma4_session_step_)(gemma4_session*, const gemma4_step_params*, gemma4_event*);

  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fprintf(stderr, "%s\n", dlerror());
  CHECK(library != NULL);
  CHECK(dlsym(RTLD_DEFAULT, "gemma4_version") == NULL);
  FIND(library, gemma4_last_error_message);
  FIND(library, gemma4_model_load);
  FIND(library, gemma4_model_free);
  FIND(library, gemma4_session_create);
  FIND(library, gemma4_session_free);
  FIND(library, gemma4_session_add_user_text);
  FIND(library, gemma4_session_step);

  gemma4_load_params params = GEMMA4_LOAD_PARAMS_INIT;
  params.num_threads = kNumThreads;
  gemma4_model* model = NULL;
  gemma4_session* session = NULL;
  char answer[256] = "";
  size_t answer_size = 0;
  /* An error leaves a text on this thread, which must not outlive the library either. */
  CHECK(gemma4_model_load_("no such model", &params, &model) == GEMMA4_ERROR_NOT_FOUND);
  CHECK(strstr(gemma4_last_error_message_(), "no such model") != NULL);
  CHECK(gemma4_model_load_(model_path, &params, &model) == GEMMA4_OK);
  CHECK(gemma4_session_create_(model, NULL, &session) == GEMMA4_OK);
  CHECK(gemma4_session_add_user_text_(session, "What is the capital of France?",
                                      GEMMA4_NUL_TERMINATED) == GEMMA4_OK);
  gemma4_event event = GEMMA4_EVENT_INIT;
  while (event.kind != GEMMA4_EVENT_END) {
    CHECK(gemma4_session_step_(session, NULL, &event) == GEMMA4_OK);
    if (event.kind != GEMMA4_EVENT_TEXT) continue;
    CHECK(answer_size + event.text_size < sizeof answer);
    memcpy(answer + answer_size, event.text, event.text_size);
    answer_size += event.text_size;
  }
  CHECK(strstr(answer, "Paris") != NULL);
  CHECK(NumThreads() == kNumThreads);

  gemma4_model_free_(model); /* before its session, as a garbage collector might */
  gemma4_session_free_(session);
  CHECK(NumThreadsAtRest() == 1);
  CHECK(dlclose(library) == 0);
}

int main(int argc, char** argv) {
  int num_mappings = 0, num_named = 0;
  CHECK(argc == 3);
  /* One arena of malloc and a fixed threshold: else the allocator itself maps more with time. */
  CHECK(mallopt(M_ARENA_MAX, 1) == 1 && mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1);
  CHECK(NumThreads() == 1);
  for (int round = 0; round < kNumRounds; ++round) {
    UseOnce(argv[2], argv[1]);
    const int now = NumMappings("libgemma4", &num_named);
    printf("round %d: %d mappings\n", round, now);
    CHECK(num_named == 0);
    NumMappings("model.safetensors", &num_named);
    CHECK(num_named == 0);
    /* The first rounds fill what the C library keeps: thread stacks, its own libraries. */
    if (round == 2) num_mappings = now;
    if (round > 2) CHECK(now <= num_mappings);
  }
  return 0;
}
