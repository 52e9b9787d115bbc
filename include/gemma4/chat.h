/* Turns of a conversation, in the model's chat format. */
#ifndef GEMMA4_CHAT_H_
#define GEMMA4_CHAT_H_

#include <gemma4/export.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * [one] Appends a user's turn and the opening of the model's answer. An answer that is still open
 * is closed first, however its generation ended; one that has not begun opens after this turn
 * instead. Runs nothing; the next step does.
 *
 * The text is data: nothing it spells becomes a control token. White space at both ends is dropped,
 * as the model's chat template does.
 *
 * @param text  [text_size] UTF-8, or NUL-terminated with GEMMA4_NUL_TERMINATED. Read, not kept.
 *              May be NULL when text_size is 0: an empty turn.
 * @return GEMMA4_OK, or, with the session unchanged:
 *   GEMMA4_ERROR_INVALID_ARGUMENT  `session` is NULL, or `text` with a text_size that is not 0;
 *   GEMMA4_ERROR_INVALID_UTF8      names the offset of the first byte that is wrong;
 *   GEMMA4_ERROR_CONTEXT_FULL      the turn does not fit;
 *   GEMMA4_ERROR_UNSUPPORTED       the model has no tokenizer, or one without chat tokens;
 *   GEMMA4_ERROR_BUSY, GEMMA4_ERROR_STATE (the session is poisoned), GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_add_user_text(gemma4_session* session, const char* text,
                                                      size_t text_size);

/**
 * [one] Appends the system turn, which tells the model who it is. Only at the start of a session,
 * or after gemma4_session_reset(): anything appended before is GEMMA4_ERROR_STATE.
 *
 * @param text  as gemma4_session_add_user_text().
 * @return as gemma4_session_add_user_text().
 */
GEMMA4_API gemma4_status gemma4_session_add_system_text(gemma4_session* session, const char* text,
                                                        size_t text_size);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_CHAT_H_ */
