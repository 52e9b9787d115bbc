/* How the next token is chosen. */
#ifndef GEMMA4_SAMPLER_H_
#define GEMMA4_SAMPLER_H_

#include <gemma4/export.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The steps, in this order: tokens that the model's own files forbid are taken out; then, if
 * temperature is 0, the token of the largest logit is chosen; else logits are divided by the
 * temperature, the top_k largest stay, of these the smallest set stays whose probabilities reach
 * top_p, and one is drawn. Equal logits: the smaller id comes first.
 *
 * The generator is the library's own: the same seed gives the same draws on every platform.
 */
typedef struct gemma4_sampler_params {
  size_t struct_size;

  /** Of the random draws. */
  uint64_t seed; /* default 0 */
  /** 0: always the largest logit (greedy). Negative: what the model's files say. */
  float temperature; /* default -1 */
  /** At most 1, and 1 keeps all. Negative: what the model's files say. */
  float top_p; /* default -1 */
  /** 0 keeps all. Negative: what the model's files say. */
  int64_t top_k; /* default -1 */
} gemma4_sampler_params;

#define GEMMA4_SAMPLER_PARAMS_INIT \
  { sizeof(gemma4_sampler_params), 0, -1.0f, -1.0f, -1 }

/**
 * [any] Fills `params` with the defaults, as GEMMA4_SAMPLER_PARAMS_INIT does. NULL does nothing.
 *
 * @param struct_size  sizeof(gemma4_sampler_params) as the caller knows it.
 */
GEMMA4_API void gemma4_sampler_params_init(gemma4_sampler_params* params, size_t struct_size);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_SAMPLER_H_ */
