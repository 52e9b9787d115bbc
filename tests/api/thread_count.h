/* The threads of this process. Linux: reads /proc. Define _POSIX_C_SOURCE before any include. */
#ifndef GEMMA4_TESTS_API_THREAD_COUNT_H_
#define GEMMA4_TESTS_API_THREAD_COUNT_H_

#include <dirent.h>
#include <time.h>

#include "check.h"

static size_t num_threads_now(void) {
  size_t count = 0;
  const struct dirent* entry;
  DIR* tasks = opendir("/proc/self/task");
  CHECK(tasks != NULL);
  while ((entry = readdir(tasks)) != NULL) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

/* A joined thread leaves /proc a moment later. */
static void check_threads(size_t expected) {
  const struct timespec pause = {0, 10 * 1000 * 1000};
  int i;
  for (i = 0; i < 500 && num_threads_now() != expected; ++i) nanosleep(&pause, NULL);
  CHECK_SIZE(expected, num_threads_now());
}

#endif /* GEMMA4_TESTS_API_THREAD_COUNT_H_ */
