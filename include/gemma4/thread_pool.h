/* gemma4_thread_pool: threads that several models share. */
#ifndef GEMMA4_THREAD_POOL_H_
#define GEMMA4_THREAD_POOL_H_

#include <gemma4/export.h>
#include <gemma4/status.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Threads that models compute on. A model makes its own unless gemma4_load_params.thread_pool is
 * set: a program with several models, or that loads one anew while the old one is still in use,
 * then has the threads of one.
 *
 * Any number of models may share a pool, and be used by any number of threads at once: their
 * operators take turns, in no particular order; one takes microseconds for a token, milliseconds
 * for a long prompt. A pool of one thread has nothing to take turns for: each caller computes by
 * itself. The results are the same bits on a shared pool as on one's own, and as with any number of
 * threads.
 *
 * A model holds what it needs of its pool, so both may be freed in any order; the threads end with
 * whichever is freed last.
 */
typedef struct gemma4_thread_pool gemma4_thread_pool;

/**
 * [any] Starts threads, which sleep until a model computes. Free it with gemma4_thread_pool_free().
 *
 * @param num_threads      the caller's included, as gemma4_load_params.num_threads: 0 is one for
 *                         each physical core, 1 starts none; at most 1024.
 * @param out_thread_pool  receives the pool.
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  `out_thread_pool` is NULL, or too many threads;
 *   GEMMA4_ERROR_OUT_OF_MEMORY     no memory, or so many threads cannot be started.
 */
GEMMA4_API gemma4_status gemma4_thread_pool_create(size_t num_threads,
                                                   gemma4_thread_pool** out_thread_pool);

/**
 * [any] Gives the caller's reference back: the threads end now, or with the last model that was
 * loaded with the pool and its last session. No load may still be using the handle. NULL does
 * nothing.
 */
GEMMA4_API void gemma4_thread_pool_free(gemma4_thread_pool* thread_pool);

/** [any] Threads that compute, the caller's included. 0 for NULL. */
GEMMA4_API size_t gemma4_thread_pool_num_threads(const gemma4_thread_pool* thread_pool);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_THREAD_POOL_H_ */
