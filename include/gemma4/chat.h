/* Turns of a conversation, and whole ones, in the model's chat format. */
#ifndef GEMMA4_CHAT_H_
#define GEMMA4_CHAT_H_

#include <gemma4/export.h>
#include <gemma4/info.h>
#include <gemma4/model.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <stddef.h>
#include <stdint.h>

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

/**
 * [one] Tells the model which tools it may call, in the system turn. Before the first turn.
 *
 * @param tools_json  a JSON list of tools as OpenAI's API has them: [{"type": "function",
 *                    "function": {"name": …, "description": …, "parameters": JSON schema}}].
 *                    An empty text or list: no tools. Read, not kept.
 * @return as gemma4_session_add_system_text(), or GEMMA4_ERROR_INVALID_ARGUMENT, which names what
 * is wrong with the JSON.
 */
GEMMA4_API gemma4_status gemma4_session_set_tools_json(gemma4_session* session,
                                                       const char* tools_json,
                                                       size_t tools_json_size);

/**
 * [one] Lets the model think before it answers (THOUGHT events), or not, which is the default.
 * Before the first turn. session_params.max_thought_tokens limits a thought.
 *
 * @param enable  0 or 1.
 * @return as gemma4_session_add_system_text().
 */
GEMMA4_API gemma4_status gemma4_session_set_thinking(gemma4_session* session, int32_t enable);

/**
 * [one] Appends an answer of the model that is known already, to tell the history of a
 * conversation. After a user's turn.
 *
 * @param text  as gemma4_session_add_user_text().
 * @return as gemma4_session_add_user_text(); GEMMA4_ERROR_STATE also for an empty session.
 */
GEMMA4_API gemma4_status gemma4_session_add_model_text(gemma4_session* session, const char* text,
                                                       size_t text_size);

/**
 * [one] Appends what a tool gave back, as text. Once for each TOOL_CALL, after END; then the model
 * goes on with the next step.
 *
 * @param tool_call_id  of the TOOL_CALL event.
 * @param result        [result_size] UTF-8, or NUL-terminated with GEMMA4_NUL_TERMINATED.
 * @return as gemma4_session_add_user_text(); GEMMA4_ERROR_INVALID_ARGUMENT also for a call that was
 *   not made.
 */
GEMMA4_API gemma4_status gemma4_session_add_tool_result(gemma4_session* session,
                                                        int32_t tool_call_id, const char* result,
                                                        size_t result_size);

/**
 * [one] The same with a JSON value: an object's members become the response's own, which is the
 * form that the model knows best.
 *
 * @return as gemma4_session_add_tool_result(); GEMMA4_ERROR_INVALID_ARGUMENT also for what is not
 *   JSON.
 */
GEMMA4_API gemma4_status gemma4_session_add_tool_result_json(gemma4_session* session,
                                                             int32_t tool_call_id,
                                                             const char* result_json,
                                                             size_t result_json_size);

/**
 * [one] Makes the session hold a whole conversation, as chat APIs give it each time. What it begins
 * with already is not run again (gemma4_session_set_ids()).
 *
 * @param request_json  a JSON object with "messages" and, as wanted, "tools",
 *                      "add_generation_prompt" (true, for an answer), "enable_thinking".
 * @return as gemma4_session_set_ids(), or GEMMA4_ERROR_INVALID_ARGUMENT, which names the place that
 *   is wrong.
 */
GEMMA4_API gemma4_status gemma4_session_set_messages_json(gemma4_session* session,
                                                          const char* request_json,
                                                          size_t request_json_size);

/* ---- Whole conversations ---- */

/** Which of the two published chat templates. */
typedef int32_t gemma4_chat_variant;

enum {
  GEMMA4_CHAT_AUTO = 0,  /**< the model's own */
  GEMMA4_CHAT_SMALL = 1, /**< that of E2B and E4B */
  GEMMA4_CHAT_LARGE = 2  /**< that of 12B, 26B-A4B and 31B: an empty thought with thinking off */
};

/** [any] SMALL or LARGE; for a NULL info AUTO. */
GEMMA4_API gemma4_chat_variant gemma4_model_info_chat_variant(const gemma4_model_info* info);

/**
 * [any] The prompt of a whole conversation as text, byte for byte as the published chat template
 * gives it, <bos> included. Needs no model.
 *
 * The request is a JSON object as chat APIs write it:
 *
 *   messages               a list of {"role", "content", ...}. Content is a text or a list of
 * parts:
 *                          {"type": "text", "text"}, "image", "audio" or "video", which stand as
 *                          placeholders. Further members: "reasoning", "tool_calls",
 *                          "tool_call_id", "name".
 *   tools                  a list of {"type": "function", "function": {"name", "description",
 *                          "parameters", "response"}}, or null
 *   add_generation_prompt  true: ends with the opening of the model's turn. Default false.
 *   enable_thinking        default false
 *   preserve_thinking      true: the reasoning of earlier turns stays beside their calls. Default
 *                          false.
 *   template               "small" or "large" counts before `variant`; "auto" leaves it to that
 *
 * In the text, content that spells a control token cannot be told apart from one: give a model the
 * ids of gemma4_model_render_json_ids(), where it can.
 *
 * @param json           [json_size] UTF-8, or NUL-terminated with GEMMA4_NUL_TERMINATED.
 * @param variant        not AUTO, unless the request has a template of its own.
 * @param out_text       [capacity] receives UTF-8, no NUL added; may be NULL when capacity is 0,
 *                       which asks for the size only.
 * @param capacity       bytes that fit in `out_text`.
 * @param out_text_size  receives the bytes of the text, also when they do not fit.
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL; the request is not one, and the message names
 *                                  the place ("messages[2].content[0] is a number; an object is
 *                                  expected"); `variant` is not known; or capacity is not 0 and too
 *                                  small: nothing is written but *out_text_size;
 *   GEMMA4_ERROR_INVALID_UTF8      names the offset of the first byte that is wrong.
 */
GEMMA4_API gemma4_status gemma4_chat_render_json(const char* json, size_t json_size,
                                                 gemma4_chat_variant variant, char* out_text,
                                                 size_t capacity, size_t* out_text_size);

/**
 * [any] As gemma4_chat_render_json(); GEMMA4_CHAT_AUTO is the model's own template.
 */
GEMMA4_API gemma4_status gemma4_model_render_json(const gemma4_model* model, const char* json,
                                                  size_t json_size, gemma4_chat_variant variant,
                                                  char* out_text, size_t capacity,
                                                  size_t* out_text_size);

/**
 * [any] The same prompt as token ids. Only what the template writes becomes control tokens;
 * contents, names, arguments and results are data, whatever they spell. Images, sounds and videos
 * are one placeholder id each.
 *
 * @param out_ids      [capacity]; may be NULL when capacity is 0, which asks for the number only.
 * @param capacity     ids that fit in `out_ids`.
 * @param out_num_ids  receives the number of ids, also when they do not fit.
 * @return as gemma4_model_render_json(), or
 *   GEMMA4_ERROR_UNSUPPORTED  the model has no tokenizer, or one without a control token that the
 *                             prompt needs.
 */
GEMMA4_API gemma4_status gemma4_model_render_json_ids(const gemma4_model* model, const char* json,
                                                      size_t json_size, gemma4_chat_variant variant,
                                                      int32_t* out_ids, size_t capacity,
                                                      size_t* out_num_ids);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_CHAT_H_ */
