/* Which library this is, and what it can do. */
#ifndef GEMMA4_VERSION_H_
#define GEMMA4_VERSION_H_

#include <gemma4/export.h>
#include <stdint.h>

/* Version of these headers. Before 1.0 a minor release may change the ABI. */
#define GEMMA4_VERSION_MAJOR 0
#define GEMMA4_VERSION_MINOR 1
#define GEMMA4_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/**
 * [any] Version of the library that runs: "0.1.0". Never NULL, never freed.
 */
GEMMA4_API const char* gemma4_version(void);

/**
 * [any] One line for bug reports: version, compiler, architecture. Not to be parsed. Never freed.
 */
GEMMA4_API const char* gemma4_build_info(void);

/**
 * [any] Whether the library that runs has a feature that these headers cannot show.
 *
 * @param name  NUL-terminated:
 *   "safetensors"     loads checkpoint folders as Hugging Face publishes them;
 *   "gguf"            loads GGUF files;
 *   "weights_exact"   GEMMA4_WEIGHTS_EXACT works;
 *   "weights_int8"    GEMMA4_WEIGHTS_INT8 works;
 *   "weights_int4"    GEMMA4_WEIGHTS_INT4 works;
 *   "time_budget"     gemma4_step_params.time_budget_us works.
 * @return 1 if it has, 0 if it has not, does not know the name, or `name` is NULL.
 */
GEMMA4_API int32_t gemma4_has_feature(const char* name);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_VERSION_H_ */
