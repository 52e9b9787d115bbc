/* What a session tells while it works, and what a step may be told. */
#ifndef GEMMA4_EVENT_H_
#define GEMMA4_EVENT_H_

#include <gemma4/cancel.h>
#include <gemma4/export.h>
#include <gemma4/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happened. New kinds may be added: ignore those you do not know. */
typedef int32_t gemma4_event_kind;

enum {
  /** Nothing: the call failed. */
  GEMMA4_EVENT_NONE = 0,
  /** The call was cancelled, or its time budget spent, before there was something new. */
  GEMMA4_EVENT_PENDING = 1,
  /** A chunk of the prompt was run. */
  GEMMA4_EVENT_PREFILL = 2,
  /** A token was made. */
  GEMMA4_EVENT_TEXT = 3,
  /** The generation is over, for the reason in end_reason. */
  GEMMA4_EVENT_END = 4,
  /** In a chat: a token of the model's thought was made. */
  GEMMA4_EVENT_THOUGHT = 5,
  /** In a chat: the model calls a tool. Answer after END, with gemma4_session_add_tool_result(). */
  GEMMA4_EVENT_TOOL_CALL = 6,
  /** The context was full, and num_tokens_dropped old tokens were forgotten (context_full). */
  GEMMA4_EVENT_CONTEXT_SLID = 7
};

/** Why a generation is over. */
typedef int32_t gemma4_end_reason;

enum {
  GEMMA4_END_NONE = 0,
  /** The model made a stop token: event.token_id. */
  GEMMA4_END_STOP_TOKEN = 1,
  /** session_params.max_new_tokens were made. Another step goes on. */
  GEMMA4_END_MAX_TOKENS = 2,
  /** The context has no room for another token. */
  GEMMA4_END_CONTEXT_FULL = 3,
  /** One of session_params.stop_strings was made; neither it nor what followed was told. */
  GEMMA4_END_STOP_STRING = 4,
  /** As STOP_TOKEN, and the model waits for the tools that it called. */
  GEMMA4_END_TOOL_CALLS = 5,
  /** A constrained reply is complete, and the session has no stop token that could say so. */
  GEMMA4_END_COMPLETE = 6
};

/** How likely the model thought a token. */
typedef struct gemma4_token_logprob {
  int32_t token_id;
  float logprob; /* natural logarithm */
} gemma4_token_logprob;

/** One event. What `text` points at lives until the next call on the session. */
typedef struct gemma4_event {
  size_t struct_size;

  gemma4_event_kind kind;
  gemma4_end_reason end_reason; /* END only */

  /**
   * TEXT, THOUGHT, TOOL_CALL: the token that was made; -1 where the event before had it already.
   * Every token is told, in order. END: the stop token, if that ended it. Else -1.
   */
  int32_t token_id;
  /** What the step returned; of use in gemma4_step_many(), where each session has its own. */
  gemma4_status status;

  /**
   * TEXT, THOUGHT: [text_size] UTF-8, whole code points only, no NUL at the end. Empty while the
   * bytes of a character are still incomplete, while what may become a stop string or a tool call
   * is held back, and without a tokenizer. Outside a chat, control tokens that do not end the
   * generation appear by name. At the end, incomplete bytes become U+FFFD in an event before END.
   * Never NULL.
   */
  const char* text;
  size_t text_size;

  /** PREFILL, PENDING: tokens of the prompt that were run, of all that were appended for it. */
  size_t num_tokens_done;
  size_t num_tokens_total;

  /** PREFILL: tokens before those, which were in the cache already (gemma4_session_set_ids()). */
  size_t num_tokens_reused;
  /** CONTEXT_SLID: tokens that were forgotten. */
  size_t num_tokens_dropped;

  /** TOOL_CALL: the tool's name and a JSON object, NUL-terminated. Else empty. Never NULL. */
  const char* tool_name;
  size_t tool_name_size;
  const char* tool_arguments_json;
  size_t tool_arguments_json_size;
  /** TOOL_CALL: counts the calls of a turn from 0. Else -1. */
  int32_t tool_call_id;
  /** TEXT: 1 if it was written as a tool call and is none that can be read. */
  int32_t is_malformed;

  /** Of token_id, if session_params.logprobs asks for them; before any step of the sampler. */
  float logprob;
  int32_t num_top_logprobs;
  const gemma4_token_logprob* top_logprobs; /* [num_top_logprobs], the most likely first */
} gemma4_event;

#define GEMMA4_EVENT_INIT                                                                       \
  {                                                                                             \
    sizeof(gemma4_event), GEMMA4_EVENT_NONE, GEMMA4_END_NONE, -1, GEMMA4_OK, "", 0, 0, 0, 0, 0, \
        "", 0, "", 0, -1, 0, 0.0f, 0, NULL                                                      \
  }

/**
 * [any] Sets `event` up for gemma4_session_step(), as GEMMA4_EVENT_INIT does. NULL does nothing.
 *
 * @param struct_size  sizeof(gemma4_event) as the caller knows it.
 */
GEMMA4_API void gemma4_event_init(gemma4_event* event, size_t struct_size);

/** What one step, or each step of a generation, may be told. */
typedef struct gemma4_step_params {
  size_t struct_size;

  /** Looked at between the blocks of a layer. Not kept after the call. */
  const gemma4_cancel* cancel; /* default NULL */
  /**
   * Microseconds after which a step ends between two blocks of a layer, with a PENDING event, to be
   * continued by the next step. Each step does one block at least, and may pass its budget by one.
   * Chunks of a prompt are small then. The words stay the same. 0: no limit.
   */
  uint64_t time_budget_us; /* default 0 */
} gemma4_step_params;

#define GEMMA4_STEP_PARAMS_INIT \
  { sizeof(gemma4_step_params), NULL, 0 }

/**
 * [any] Fills `params` with the defaults, as GEMMA4_STEP_PARAMS_INIT does. NULL does nothing.
 *
 * @param struct_size  sizeof(gemma4_step_params) as the caller knows it.
 */
GEMMA4_API void gemma4_step_params_init(gemma4_step_params* params, size_t struct_size);

/**
 * Receives each event of a generation, on the thread that called gemma4_session_generate(), between
 * two steps. It may read the session (position, logits) and use other sessions. A call that changes
 * this session takes effect before the next step: after gemma4_session_reset() that step ends the
 * generation with GEMMA4_ERROR_STATE, what was appended is run by it. Freeing the session here is
 * undefined.
 *
 * @param event     valid during the call; its text until the callback's first call that runs or
 *                  changes the session.
 * @param userdata  what was given to gemma4_session_generate().
 * @return 0 to go on; anything else ends the call with GEMMA4_ERROR_STOPPED.
 */
typedef int (*gemma4_event_callback)(const gemma4_event* event, void* userdata);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_EVENT_H_ */
