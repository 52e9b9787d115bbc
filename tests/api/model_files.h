/* The demo model's files in memory, to be changed before they are loaded. */
#ifndef GEMMA4_TESTS_API_MODEL_FILES_H_
#define GEMMA4_TESTS_API_MODEL_FILES_H_

#include <gemma4/gemma4.h>
#include <stddef.h>

#define NUM_MODEL_FILES 5

typedef struct model_files {
  gemma4_memory_file files[NUM_MODEL_FILES];
} model_files;

void read_model_files(model_files* all);
void free_model_files(model_files* all);

/* The bytes of one file, for changes in place, with a NUL after them. */
char* file_bytes(model_files* all, const char* name);

/* Replaces the first `from` in a text file. */
void replace_in_file(model_files* all, const char* name, const char* from, const char* to);

gemma4_status load_files(const model_files* all, const gemma4_load_params* params,
                         gemma4_model** out_model);

#endif /* GEMMA4_TESTS_API_MODEL_FILES_H_ */
