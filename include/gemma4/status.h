/* Status codes, and the text of the last error. */
#ifndef GEMMA4_STATUS_H_
#define GEMMA4_STATUS_H_

#include <gemma4/export.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a call answers. The numbers never change; new ones may be added. */
typedef int32_t gemma4_status;

enum {
  GEMMA4_OK = 0,
  /** A pointer is NULL that may not be, or a value is outside what is allowed. */
  GEMMA4_ERROR_INVALID_ARGUMENT = 1,
  GEMMA4_ERROR_INVALID_UTF8 = 2,
  GEMMA4_ERROR_OUT_OF_MEMORY = 3,
  /** More memory would be needed than the caller allowed. */
  GEMMA4_ERROR_MEMORY_BUDGET = 4,
  GEMMA4_ERROR_NOT_FOUND = 5,
  GEMMA4_ERROR_IO = 6,
  /** A file contradicts its format or itself. */
  GEMMA4_ERROR_CORRUPT = 7,
  /** A model, a format or a request that this version of the library does not know. */
  GEMMA4_ERROR_UNSUPPORTED = 8,
  /** The CPU lacks instructions that the library was built for. */
  GEMMA4_ERROR_UNSUPPORTED_CPU = 9,
  GEMMA4_ERROR_CONTEXT_FULL = 10,
  /** By a gemma4_cancel. */
  GEMMA4_ERROR_CANCELLED = 11,
  /** By a callback that returned non-zero. */
  GEMMA4_ERROR_STOPPED = 12,
  /** Another thread is using the session. */
  GEMMA4_ERROR_BUSY = 13,
  /** The call does not fit what was done before; its comment says what does. */
  GEMMA4_ERROR_STATE = 14,
  /** A fault of the library. Please report it. */
  GEMMA4_ERROR_INTERNAL = 15
};

/**
 * [any] The code in words: "context full"; "unknown" for a number that is no code. Never freed.
 */
GEMMA4_API const char* gemma4_status_name(gemma4_status status);

/**
 * [any] What the last failed call of this thread had to say: one line of UTF-8 that names the
 * thing, the value found and the value allowed. Empty before the first failure; a success leaves
 * it.
 *
 * @return NUL-terminated, never NULL; valid on this thread until its next call of this library.
 */
GEMMA4_API const char* gemma4_last_error_message(void);

/**
 * [any] Copies what gemma4_last_error_message() returns, as snprintf does.
 *
 * @param buffer    receives at most capacity - 1 bytes, cut between code points, and a NUL. May be
 *                  NULL when capacity is 0.
 * @param capacity  bytes of `buffer`.
 * @return bytes of the whole message without its NUL.
 */
GEMMA4_API size_t gemma4_last_error_copy(char* buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_STATUS_H_ */
