/* A session's way to a file and back. */
#ifndef GEMMA4_SAVE_H_
#define GEMMA4_SAVE_H_

#include <gemma4/cancel.h>
#include <gemma4/export.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is saved: tokens, keys and values, the place of the random draws, and how far the reply was
 * told, so that a restored session goes on with the same words and the same bits as if nothing had
 * happened. What is not: gemma4_session_params and the sampler, which are those of the session that
 * it is restored into.
 *
 * It can be restored into any session of the same model (the same weights, computed in the same
 * way) with the same kv_type and room for its tokens. It has a version, and hashes that find
 * damage. They do not find forgery: restore what you saved yourself.
 */

/**
 * Takes the next bytes of a saved session, on the thread that saves.
 *
 * @param bytes     [size_bytes], valid during the call.
 * @param userdata  what was given to gemma4_session_save().
 * @return 0 to go on; anything else ends the saving with GEMMA4_ERROR_STOPPED.
 */
typedef int (*gemma4_write)(const void* bytes, size_t size_bytes, void* userdata);

/**
 * Fills a buffer with the next bytes of a saved session, on the thread that restores.
 *
 * @param bytes     [size_bytes], all to be filled.
 * @param userdata  what was given to gemma4_session_restore().
 * @return 0 if it is full; anything else ends the restoring with GEMMA4_ERROR_IO.
 */
typedef int (*gemma4_read)(void* bytes, size_t size_bytes, void* userdata);

/**
 * [one] Saves the session to a file, which appears whole and synced, or not at all; one that has
 * the name already is replaced.
 *
 * @param path  UTF-8, NUL-terminated.
 * @return GEMMA4_OK, or, with the session unchanged, GEMMA4_ERROR_IO,
 * GEMMA4_ERROR_INVALID_ARGUMENT, GEMMA4_ERROR_BUSY, GEMMA4_ERROR_STATE (the session is poisoned) or
 * GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_save_file(gemma4_session* session, const char* path);

/**
 * [one] Saves the session to memory.
 *
 * @param out_bytes       [capacity]; may be NULL when capacity is 0, which asks for the size only.
 * @param capacity        bytes that fit in `out_bytes`.
 * @param out_size_bytes  receives the size of the saved session, also when it does not fit.
 * @return as gemma4_session_save_file(); GEMMA4_ERROR_INVALID_ARGUMENT also if capacity is not 0
 * and too small: what is in out_bytes then is of no use.
 */
GEMMA4_API gemma4_status gemma4_session_save_memory(gemma4_session* session, void* out_bytes,
                                                    size_t capacity, size_t* out_size_bytes);

/**
 * [one] Saves the session through a function that takes its bytes, one piece after the other.
 *
 * @param write     must not use the session.
 * @param userdata  passed to `write`. Not kept.
 * @param cancel    looked at between pieces; may be NULL.
 * @return as gemma4_session_save_file(), or GEMMA4_ERROR_STOPPED by `write`, or
 *   GEMMA4_ERROR_CANCELLED.
 */
GEMMA4_API gemma4_status gemma4_session_save(gemma4_session* session, gemma4_write write,
                                             void* userdata, const gemma4_cancel* cancel);

/**
 * [one] Makes the session what was saved. Its keys and values are read beside the old ones, which
 * are freed afterwards.
 *
 * @return GEMMA4_OK, or, with the session unchanged:
 *   GEMMA4_ERROR_CORRUPT           not a saved session, cut short, or damaged;
 *   GEMMA4_ERROR_UNSUPPORTED       saved with another model, other weights, another kv_type or by
 *                                  another version; or saved in the middle of a reply that this
 *                                  session's constraint (sampler.h) does not allow;
 *   GEMMA4_ERROR_CONTEXT_FULL      it has more tokens than max_context_tokens;
 *   GEMMA4_ERROR_NOT_FOUND, GEMMA4_ERROR_IO, GEMMA4_ERROR_INVALID_ARGUMENT, GEMMA4_ERROR_BUSY,
 *   GEMMA4_ERROR_STATE (the session is poisoned), GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_restore_file(gemma4_session* session, const char* path);

/** [one] As gemma4_session_restore_file(), from memory: [size_bytes]. Read, not kept. */
GEMMA4_API gemma4_status gemma4_session_restore_memory(gemma4_session* session, const void* bytes,
                                                       size_t size_bytes);

/**
 * [one] As gemma4_session_restore_file(), through a function that gives the bytes in order.
 *
 * @param read      must not use the session.
 * @param userdata  passed to `read`. Not kept.
 * @param cancel    looked at between pieces; may be NULL.
 */
GEMMA4_API gemma4_status gemma4_session_restore(gemma4_session* session, gemma4_read read,
                                                void* userdata, const gemma4_cancel* cancel);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_SAVE_H_ */
