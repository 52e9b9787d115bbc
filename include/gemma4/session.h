/* gemma4_session: one conversation with a model. */
#ifndef GEMMA4_SESSION_H_
#define GEMMA4_SESSION_H_

#include <gemma4/event.h>
#include <gemma4/export.h>
#include <gemma4/model.h>
#include <gemma4/sampler.h>
#include <gemma4/status.h>
#include <gemma4/tokenizer.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A sequence of tokens, its KV cache, and how it goes on. Made by gemma4_session_create(), freed by
 * gemma4_session_free(). Holds a reference to its model. One thread at a time may use it; which one
 * may change.
 *
 * Tokens are appended (text, ids, turns), then run: a step runs the next chunk of what was
 * appended, or, when all has run, chooses a token and appends that. The words do not depend on
 * chunk sizes or on which functions appended and ran: the same tokens give the same bits.
 *
 * A fault of the library or of the model's numbers (GEMMA4_ERROR_INTERNAL), and a step without the
 * memory for a token that it has made, poison the session: every later call answers
 * GEMMA4_ERROR_STATE, except gemma4_session_reset() and gemma4_session_free().
 */
typedef struct gemma4_session gemma4_session;

/** How a session stores keys and values. */
typedef int32_t gemma4_kv_type;

enum {
  /** f16; f32 where the model computes with GEMMA4_WEIGHTS_EXACT. */
  GEMMA4_KV_AUTO = 0,
  GEMMA4_KV_F32 = 1,
  GEMMA4_KV_F16 = 2,
  /** int8, one scale for each position and KV head: half of f16. */
  GEMMA4_KV_INT8 = 3
};

/** What a session does when its context has no room for another token. */
typedef int32_t gemma4_context_full;

enum {
  /** The generation ends; what is appended and does not fit is GEMMA4_ERROR_CONTEXT_FULL. */
  GEMMA4_CONTEXT_STOP = 0,
  /**
   * The oldest turns after the system turn are forgotten, until the context is about half full, and
   * an event tells. What is kept runs again, since it has other positions now.
   */
  GEMMA4_CONTEXT_SLIDE = 1
};

/** What a session may be told. */
typedef struct gemma4_session_params {
  size_t struct_size;

  /* Changes the output. */
  /** NULL: what the model's files say. Read, not kept. */
  const gemma4_sampler_params* sampler; /* default NULL */
  /**
   * [num_stop_token_ids] in place of the model's own; NULL: the model's own, and in a turn of a
   * chat those with which a turn ends. Read, not kept.
   */
  const int32_t* stop_token_ids; /* default NULL */
  size_t num_stop_token_ids;     /* default 0 */
  /** Tokens of one generation, without its stop token. 0: as many as fit. */
  size_t max_new_tokens;  /* default 0 */
  gemma4_kv_type kv_type; /* default GEMMA4_KV_AUTO */
  int32_t reserved;       /* 0 */

  /* Changes speed or memory. */
  /**
   * Tokens that the session can hold, at most gemma4_model_max_context_tokens(). Memory is given as
   * it fills. 0: 4096, or what the model allows if that is less.
   */
  size_t max_context_tokens; /* default 0 */

  /* Changes the output. */
  /**
   * [num_stop_strings] UTF-8, NUL-terminated, at most 64 of at most 1,024 bytes: a text that
   * completes one ends the generation, and is told up to where it begins. In a chat, thoughts and
   * tool calls are not looked at. Read, not kept.
   */
  const char* const* stop_strings; /* default NULL */
  size_t num_stop_strings;         /* default 0 */
  /**
   * Tokens of one thought, its header (<|channel>thought and a new line) among them; then it is
   * closed in the model's place. 0: no limit.
   */
  size_t max_thought_tokens; /* default 0 */
  /** Of gemma4_context_full. */
  gemma4_context_full context_full; /* default GEMMA4_CONTEXT_STOP */

  /* Says more. */
  /** Not 0: events tell how likely each token was. */
  int32_t logprobs; /* default 0 */
  /** And this many of the likeliest tokens in its place, at most 20. Needs `logprobs`. */
  int32_t num_top_logprobs; /* default 0 */
  int32_t reserved2;        /* 0 */
} gemma4_session_params;

#define GEMMA4_SESSION_PARAMS_INIT                                                     \
  {                                                                                    \
    sizeof(gemma4_session_params), NULL, NULL, 0, 0, GEMMA4_KV_AUTO, 0, 0, NULL, 0, 0, \
        GEMMA4_CONTEXT_STOP, 0, 0, 0                                                   \
  }

/**
 * [any] Fills `params` with the defaults, as GEMMA4_SESSION_PARAMS_INIT does. NULL does nothing.
 *
 * @param struct_size  sizeof(gemma4_session_params) as the caller knows it.
 */
GEMMA4_API void gemma4_session_params_init(gemma4_session_params* params, size_t struct_size);

/**
 * [any] Makes an empty session.
 *
 * @param model        the session adds a reference of its own.
 * @param params       NULL for the defaults. Read, not kept.
 * @param out_session  receives the session; free it with gemma4_session_free().
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL or a parameter out of range;
 *   GEMMA4_ERROR_UNSUPPORTED       a parameter that this version does not know;
 *   GEMMA4_ERROR_MEMORY_BUDGET     the model's memory_budget_bytes has no room for it;
 *   GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_create(gemma4_model* model,
                                               const gemma4_session_params* params,
                                               gemma4_session** out_session);

/** [one] Frees the session. No call on it may be running. NULL does nothing. */
GEMMA4_API void gemma4_session_free(gemma4_session* session);

/**
 * [one] Forgets every token and begins anew, as after gemma4_session_create(): same parameters,
 * same seed. Also what brings a poisoned session back.
 *
 * @return GEMMA4_OK, GEMMA4_ERROR_INVALID_ARGUMENT (NULL) or GEMMA4_ERROR_BUSY.
 */
GEMMA4_API gemma4_status gemma4_session_reset(gemma4_session* session);

/**
 * [one] Forgets the tokens after the first `position`; parameters, memory and the seed's next draw
 * stay as they are. The last token that is kept is run again by the next step. A sliding layer
 * keeps little more than its window: going back further than about prefill_chunk_tokens makes all
 * tokens that are kept wait to be run again, which is right but slow. What was going on ends, also
 * at the present position: a stop token that ended a generation and the calls of tools are
 * forgotten, and a constraint (sampler.h) holds for what is made from here on, from its beginning.
 *
 * @param position  at most gemma4_session_position().
 * @return GEMMA4_OK, GEMMA4_ERROR_INVALID_ARGUMENT, GEMMA4_ERROR_BUSY or GEMMA4_ERROR_STATE (the
 *   session is poisoned), with the session unchanged.
 */
GEMMA4_API gemma4_status gemma4_session_rewind(gemma4_session* session, size_t position);

/**
 * [one] Makes another session in the same state: tokens, keys and values, the place of the random
 * draws, what of the reply was told. Afterwards neither knows of the other. Copies the keys and
 * values that are in use.
 *
 * @param out_session  receives the session; free it with gemma4_session_free().
 * @return as gemma4_session_create(), GEMMA4_ERROR_BUSY, or GEMMA4_ERROR_STATE (the session is
 *   poisoned); `session` is unchanged.
 */
GEMMA4_API gemma4_status gemma4_session_fork(gemma4_session* session, gemma4_session** out_session);

/**
 * [one] Chooses tokens in another way from the next one on; the draws begin anew with the new seed.
 *
 * @param params  NULL: what the model's files say. Read, not kept.
 * @return GEMMA4_OK, or, with the session unchanged, GEMMA4_ERROR_INVALID_ARGUMENT,
 *   GEMMA4_ERROR_UNSUPPORTED, GEMMA4_ERROR_BUSY, GEMMA4_ERROR_STATE (the session is poisoned) or
 *   GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_set_sampler(gemma4_session* session,
                                                    const gemma4_sampler_params* params);

/**
 * [any] Bytes of memory that the next generated token will read: weights, and the keys and values
 * that its layers see. Tokens a second are at most the memory's speed divided by this. 0 for NULL.
 */
GEMMA4_API uint64_t gemma4_session_bytes_per_token(const gemma4_session* session);

/**
 * [any] Tokens of the sequence: those that were run and those that wait. The stop token that ended
 * a generation joins when something is appended. 0 for NULL.
 */
GEMMA4_API size_t gemma4_session_position(const gemma4_session* session);

/** [any] Tokens that the session can hold. 0 for NULL. */
GEMMA4_API size_t gemma4_session_max_context_tokens(const gemma4_session* session);

/**
 * [one] Appends text as it is, outside any chat format. Runs nothing; the next step does.
 *
 * @param text   [text_size] UTF-8, or NUL-terminated with GEMMA4_NUL_TERMINATED. Read, not kept.
 *               May be NULL when text_size is 0: an empty text, which appends nothing but <bos>.
 * @param flags  of gemma4_text_flags. A plain prompt begins with GEMMA4_TEXT_ADD_BOS: without
 *               <bos> a model talks nonsense.
 * @return GEMMA4_OK, or, with the session unchanged:
 *   GEMMA4_ERROR_INVALID_ARGUMENT  `session` is NULL, or `text` with a text_size that is not 0;
 *   GEMMA4_ERROR_INVALID_UTF8      names the offset of the first byte that is wrong;
 *   GEMMA4_ERROR_CONTEXT_FULL      position + ids of the text > max_context_tokens;
 *   GEMMA4_ERROR_UNSUPPORTED       the model has no tokenizer, or a flag is not known;
 *   GEMMA4_ERROR_BUSY, GEMMA4_ERROR_STATE (the session is poisoned), GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_append_text(gemma4_session* session, const char* text,
                                                    size_t text_size, gemma4_text_flags flags);

/**
 * [one] Appends token ids. Runs nothing; the next step does.
 *
 * @param token_ids   [num_tokens], each in [0, vocab_size). Read, not kept. May be NULL when
 *                    num_tokens is 0.
 * @return GEMMA4_OK, or, with the session unchanged:
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL or an id outside the vocabulary;
 *   GEMMA4_ERROR_CONTEXT_FULL      position + num_tokens > max_context_tokens;
 *   GEMMA4_ERROR_BUSY, GEMMA4_ERROR_STATE (the session is poisoned), GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_session_append_ids(gemma4_session* session,
                                                   const int32_t* token_ids, size_t num_tokens);

/**
 * [one] Makes the session hold these ids and no others. What it begins with already, and has in its
 * cache, is not run again: PREFILL events tell how much (num_tokens_reused). For programs that keep
 * the conversation themselves and give all of it each time.
 *
 * @param token_ids   as gemma4_session_append_ids(); NULL when num_tokens is 0.
 * @return as gemma4_session_append_ids(); GEMMA4_ERROR_CONTEXT_FULL for num_tokens >
 *   max_context_tokens.
 */
GEMMA4_API gemma4_status gemma4_session_set_ids(gemma4_session* session, const int32_t* token_ids,
                                                size_t num_tokens);

/**
 * [one] Prefill: appends `token_ids` and runs the model over all that waits.
 * Then read the last token's logits with gemma4_session_logits().
 *
 * @param token_ids   as gemma4_session_append_ids().
 * @param num_tokens  may be 0: runs what was appended before.
 * @return as gemma4_session_append_ids(); GEMMA4_ERROR_OUT_OF_MEMORY and GEMMA4_ERROR_INTERNAL may
 *   come after the tokens were appended: some may have run, the others still wait.
 */
GEMMA4_API gemma4_status gemma4_session_prefill(gemma4_session* session, const int32_t* token_ids,
                                                size_t num_tokens);

/**
 * [one] As gemma4_session_prefill(), with `params`; NULL for the defaults.
 *
 * @return as gemma4_session_prefill(), or GEMMA4_ERROR_CANCELLED by params->cancel: the tokens were
 *   appended, some may have run, the others still wait. Prefill with 0 tokens goes on.
 */
GEMMA4_API gemma4_status gemma4_session_prefill_with(gemma4_session* session,
                                                     const int32_t* token_ids, size_t num_tokens,
                                                     const gemma4_step_params* params);

/**
 * [one] As gemma4_session_prefill_with(), and writes the logits of every one of `token_ids`: row i
 * scores what follows token i. Needs every layer for every token, so it is slower.
 *
 * @param num_tokens  at least 1.
 * @param params      NULL for the defaults.
 * @param out_logits  [num_tokens, vocab_size], after the softcap. On failure its contents are
 *                    undefined.
 * @param capacity    floats that fit in `out_logits`, at least num_tokens * vocab_size.
 * @return as gemma4_session_prefill_with(); GEMMA4_ERROR_INVALID_ARGUMENT also for a small
 * capacity.
 */
GEMMA4_API gemma4_status gemma4_session_prefill_logits(gemma4_session* session,
                                                       const int32_t* token_ids, size_t num_tokens,
                                                       const gemma4_step_params* params,
                                                       float* out_logits, size_t capacity);

/**
 * [one] The logits of the last token that was run: from these the next token is chosen, or was, if
 * the last event was a TEXT.
 *
 * @param out_num_logits  receives vocab_size, or 0. May be NULL.
 * @return [vocab_size] after the softcap, before any change by the sampler; valid until the next
 *   call on the session. NULL, with a text in gemma4_last_error_message(), while appended tokens
 *   wait to be run, before the first one was, and when another thread is using the session.
 */
GEMMA4_API const float* gemma4_session_logits(gemma4_session* session, size_t* out_num_logits);

/**
 * [one] Does the next piece of work, and tells what it was:
 *   PREFILL       while appended tokens wait: runs a chunk of them;
 *   TEXT          else: runs the last token made, if any, and makes another. In a chat it may be
 *                 THOUGHT or TOOL_CALL instead. One token may lead to several events: further steps
 *                 tell them;
 *   END           when that was a stop token, completed a stop string, max_new_tokens were made, or
 *                 the context is full;
 *   CONTEXT_SLID  when a full context has forgotten its oldest turns.
 *
 * After END the session takes the next turn. After END for max_new_tokens or a stop string another
 * step goes on with the same turn.
 *
 * @param params  NULL for the defaults.
 * @param event   the caller's, with struct_size set (GEMMA4_EVENT_INIT); it is filled anew.
 * @return GEMMA4_OK, or:
 *   GEMMA4_ERROR_CANCELLED         by params->cancel. The session is unchanged and goes on with the
 *                                  next step; the event is PENDING and says how much is prefilled;
 *   GEMMA4_ERROR_STATE             nothing was appended since the session began or a stop token
 *                                  ended the generation; or the session is poisoned;
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL or a struct_size too small; or bans and a
 *                                  constraint together leave no token to choose;
 *   GEMMA4_ERROR_UNSUPPORTED       a parameter that this version does not know;
 *   GEMMA4_ERROR_BUSY;
 *   GEMMA4_ERROR_OUT_OF_MEMORY     the session is unchanged; or it is poisoned, where a token was
 *                                  made that could not be kept, as in the call of a tool;
 *   GEMMA4_ERROR_INTERNAL          the session is poisoned.
 */
GEMMA4_API gemma4_status gemma4_session_step(gemma4_session* session,
                                             const gemma4_step_params* params, gemma4_event* event);

/**
 * [one] One step of several sessions of one model, with one pass through the model for all of them:
 * its weights are read once. Each session does what gemma4_session_step() would have done, to the
 * bit; a chunk of one's prompt and a token of another are mixed. Who takes part may change from
 * call to call. With a time budget all that share the pass are PENDING together when it is spent.
 *
 * @param sessions      [num_sessions], each once, none in use by another thread.
 * @param num_sessions  at most the model's prefill_chunk_tokens; 0 does nothing.
 * @param params        NULL for the defaults.
 * @param events        [num_sessions], each filled anew. events[0].struct_size, which must be set,
 *                      holds for all: gemma4_event events[20] = {GEMMA4_EVENT_INIT}.
 * @return GEMMA4_OK: look at each event's `status`, which is what gemma4_session_step() would have
 *   returned: one session's error is nothing to the others. Or, concerning all:
 *   GEMMA4_ERROR_CANCELLED         by params->cancel. The events are PENDING or what was reached;
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL, num_sessions too large, the sessions are of
 *                                  different models, or a struct_size too small;
 *   GEMMA4_ERROR_BUSY              another thread uses one of them, or one was given twice;
 *   GEMMA4_ERROR_UNSUPPORTED, GEMMA4_ERROR_OUT_OF_MEMORY; nothing has changed.
 */
GEMMA4_API gemma4_status gemma4_step_many(gemma4_session* const* sessions, size_t num_sessions,
                                          const gemma4_step_params* params, gemma4_event* events);

/**
 * [one] Steps until END, and gives `callback` every event, END included.
 *
 * When the callback stops it, or a step fails, the session is as after that step: generate again to
 * go on.
 *
 * @param callback  may be NULL: nobody listens.
 * @param userdata  passed to `callback`. Not kept.
 * @return GEMMA4_OK after END, GEMMA4_ERROR_STOPPED, or as gemma4_session_step().
 */
GEMMA4_API gemma4_status gemma4_session_generate(gemma4_session* session,
                                                 gemma4_event_callback callback, void* userdata);

/** [one] As gemma4_session_generate(), each step with `params`; NULL for the defaults. */
GEMMA4_API gemma4_status gemma4_session_generate_with(gemma4_session* session,
                                                      const gemma4_step_params* params,
                                                      gemma4_event_callback callback,
                                                      void* userdata);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_SESSION_H_ */
