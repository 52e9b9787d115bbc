/*
 * What a model is and what it will take in memory, before it is loaded; then a load that shows how
 * far it is and refuses to grow: cost MODEL [BUDGET_MIB]
 *
 * Introduces gemma4_model_inspect, gemma4_memory_estimate, gemma4_load_params.progress and
 * memory_budget_bytes.
 */
#include <gemma4/gemma4.h>
#include <stdio.h>
#include <stdlib.h>

static int show_progress(uint64_t done_bytes, uint64_t total_bytes, void* userdata) {
  int* last_percent = userdata;
  const int percent = total_bytes == 0 ? 100 : (int)(done_bytes * 100 / total_bytes);
  if (percent != *last_percent) fprintf(stderr, "\rloading: %d%%", percent);
  *last_percent = percent;
  return 0; /* anything else ends the load */
}

static int fail(void) {
  fprintf(stderr, "\ncost: %s\n", gemma4_last_error_message());
  return 1;
}

static double mib(uint64_t bytes) { return (double)bytes / (1 << 20); }

int main(int argc, char** argv) {
  gemma4_model_info* info = NULL;
  gemma4_model* model = NULL;
  int last_percent = -1;
  if (argc < 2) {
    fprintf(stderr, "cost MODEL [BUDGET_MIB]\n");
    return 2;
  }
  if (gemma4_model_inspect(argv[1], &info) != GEMMA4_OK) return fail(); /* reads headers only */
  printf("%s, %s, %zu layers, up to %zu tokens of context\n", gemma4_model_info_variant(info),
         gemma4_model_info_format(info), gemma4_model_info_num_layers(info),
         gemma4_model_info_max_context_tokens(info));

  gemma4_load_params load = GEMMA4_LOAD_PARAMS_INIT;
  gemma4_session_params session = GEMMA4_SESSION_PARAMS_INIT;
  gemma4_memory_needs needs = GEMMA4_MEMORY_NEEDS_INIT;
  if (gemma4_memory_estimate(info, &load, &session, &needs) != GEMMA4_OK) return fail();
  gemma4_model_info_free(info);
  printf("weights %.1f MiB, keys and values %.1f MiB, scratch %.1f MiB: %.1f MiB\n",
         mib(needs.weights_resident_bytes), mib(needs.kv_bytes), mib(needs.scratch_bytes),
         mib(needs.resident_bytes));
  printf("mapped from the files: %.1f MiB\n", mib(needs.weights_mapped_bytes));

  load.memory_budget_bytes = argc > 2 ? strtoull(argv[2], NULL, 10) << 20 : 0;
  load.progress = show_progress;
  load.progress_userdata = &last_percent;
  if (gemma4_model_load(argv[1], &load, &model) != GEMMA4_OK) return fail();
  fprintf(stderr, "\n");
  printf("loaded for %zu threads\n", gemma4_model_num_threads(model));
  gemma4_model_free(model);
  return 0;
}
