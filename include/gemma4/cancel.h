/* gemma4_cancel: a flag that ends a call from outside. */
#ifndef GEMMA4_CANCEL_H_
#define GEMMA4_CANCEL_H_

#include <gemma4/export.h>
#include <gemma4/status.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One atomic flag, given to load, step and generate, which look at it between layers and then
 * return GEMMA4_ERROR_CANCELLED. One flag may serve any number of calls. Made and freed by the
 * caller, who keeps it alive while a call that was given it runs.
 */
typedef struct gemma4_cancel gemma4_cancel;

/**
 * [any] Makes a flag that is not set. Free it with gemma4_cancel_free().
 *
 * @return GEMMA4_OK, GEMMA4_ERROR_INVALID_ARGUMENT (`out_cancel` is NULL) or
 *   GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_cancel_create(gemma4_cancel** out_cancel);

/** [any] Frees the flag; no call may still be using it. NULL does nothing. */
GEMMA4_API void gemma4_cancel_free(gemma4_cancel* cancel);

/** [any] Sets the flag. May be called in a signal handler. NULL does nothing. */
GEMMA4_API void gemma4_cancel_set(gemma4_cancel* cancel);

/** [any] Clears the flag, for another use. May be called in a signal handler. NULL does nothing. */
GEMMA4_API void gemma4_cancel_clear(gemma4_cancel* cancel);

/** [any] 1 if the flag is set, 0 if not or NULL. May be called in a signal handler. */
GEMMA4_API int32_t gemma4_cancel_is_set(const gemma4_cancel* cancel);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_CANCEL_H_ */
