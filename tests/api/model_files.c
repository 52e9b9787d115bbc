#include "model_files.h"

#include "check.h"

static const char* const kNames[NUM_MODEL_FILES] = {"config.json", "generation_config.json",
                                                    "tokenizer.json", "tokenizer_config.json",
                                                    "model.safetensors"};

void read_model_files(model_files* all) {
  size_t i;
  for (i = 0; i < NUM_MODEL_FILES; ++i) {
    char path[4096];
    FILE* file;
    long size;
    char* data;
    snprintf(path, sizeof(path), "%s/%s", DEMO_MODEL, kNames[i]);
    file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    CHECK(size > 0);
    rewind(file);
    data = (char*)malloc((size_t)size + 1);
    CHECK(data != NULL);
    CHECK(fread(data, 1, (size_t)size, file) == (size_t)size);
    data[size] = '\0';
    fclose(file);
    all->files[i].name = kNames[i];
    all->files[i].data = data;
    all->files[i].size_bytes = (size_t)size;
  }
}

void free_model_files(model_files* all) {
  size_t i;
  for (i = 0; i < NUM_MODEL_FILES; ++i) free((void*)all->files[i].data);
}

static gemma4_memory_file* find_file(model_files* all, const char* name) {
  size_t i;
  for (i = 0; i < NUM_MODEL_FILES; ++i) {
    if (strcmp(all->files[i].name, name) == 0) return &all->files[i];
  }
  CHECK(!"a file of the model");
  return NULL;
}

char* file_bytes(model_files* all, const char* name) { return (char*)find_file(all, name)->data; }

void replace_in_file(model_files* all, const char* name, const char* from, const char* to) {
  gemma4_memory_file* file = find_file(all, name);
  char* old_data = (char*)file->data;
  char* at = strstr(old_data, from);
  const size_t new_size = file->size_bytes - strlen(from) + strlen(to);
  char* new_data = (char*)malloc(new_size + 1);
  size_t before;
  CHECK(at != NULL);
  CHECK(new_data != NULL);
  before = (size_t)(at - old_data);
  memcpy(new_data, old_data, before);
  memcpy(new_data + before, to, strlen(to));
  memcpy(new_data + before + strlen(to), at + strlen(from),
         file->size_bytes - before - strlen(from) + 1);
  free(old_data);
  file->data = new_data;
  file->size_bytes = new_size;
}

gemma4_status load_files(const model_files* all, const gemma4_load_params* params,
                         gemma4_model** out_model) {
  return gemma4_model_load_memory(all->files, NUM_MODEL_FILES, params, out_model);
}
