/* How the next token is chosen. */
#ifndef GEMMA4_SAMPLER_H_
#define GEMMA4_SAMPLER_H_

#include <gemma4/export.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A number added to the logit of one token. */
typedef struct gemma4_logit_bias {
  /** In [0, vocab_size). */
  int32_t token_id;
  /** Finite, or -INFINITY, which bans the token. */
  float bias;
} gemma4_logit_bias;

/**
 * The steps, in this order:
 *
 *    1. logit_bias is added;
 *    2. repetition_penalty: the logit of every token in the window is divided by it if it is above
 *       0, else multiplied, once however often the token occurs;
 *    3. frequency_penalty, times how often the token was made in the window, is subtracted;
 *    4. presence_penalty is subtracted if the token was made in the window at all;
 *    5. tokens that the model's own files forbid and banned_token_ids are taken out;
 *    6. if temperature is 0, the token of the largest logit is chosen, and that is all;
 *    7. else logits are divided by the temperature and become probabilities;
 *    8. the top_k likeliest stay;
 *    9. of these the smallest set stays whose probabilities reach top_p of their sum;
 *   10. of these the ones stay that are at least min_p times as likely as the likeliest;
 *   11. one is drawn.
 *
 * Equal logits: the smaller id comes first. Parameters out of range, a token outside the
 * vocabulary, and biases and bans that leave no token are GEMMA4_ERROR_INVALID_ARGUMENT when a
 * session is made.
 *
 * The window is the last penalty_window tokens of the session's sequence. The repetition penalty
 * sees all of them, the prompt too; the other two only those that this generation made.
 *
 * The generator is the library's own: the same seed gives the same draws on every platform.
 *
 * The defaults of the fields after top_k are zero, and mean that their step does nothing.
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

  /** In [0, 1]; 0 keeps all. */
  float min_p; /* default 0 */
  /** Above 1 makes what is there already less likely, below 1 likelier; 1, and 0 too: off. */
  float repetition_penalty; /* default 0 */
  /** Any finite number; negative ones make tokens likelier. 0: off. */
  float frequency_penalty; /* default 0 */
  /** As frequency_penalty. */
  float presence_penalty; /* default 0 */
  /** How many of the sequence's last tokens the penalties look at. 0: all. */
  size_t penalty_window; /* default 0 */
  /** [num_logit_biases], each token once at most. Read, not kept. May be NULL when that is 0. */
  const gemma4_logit_bias* logit_bias; /* default NULL */
  size_t num_logit_biases;             /* default 0 */
  /**
   * [num_banned_token_ids] never chosen, beside those of the model's own files; each in
   * [0, vocab_size). Read, not kept. May be NULL when that is 0.
   */
  const int32_t* banned_token_ids; /* default NULL */
  size_t num_banned_token_ids;     /* default 0 */

  /**
   * What a reply has to be, whatever the model would rather say; at most one of the next three.
   * Thoughts are free. docs/constrained-output.md says what is understood.
   *
   * A JSON schema, UTF-8, NUL-terminated: the reply is one valid document, if it ends by itself
   * (STOP_TOKEN or COMPLETE) and not by a limit: bound texts with maxLength, lists with maxItems
   * and objects with additionalProperties false. NULL or empty: none. Read, not kept.
   */
  const char* json_schema; /* default NULL */
  /** A grammar in llama.cpp's notation (GBNF), NUL-terminated: what its rule `root` produces. */
  const char* grammar; /* default NULL */
  /**
   * Not 0: a call of one of the session's tools (gemma4_session_set_tools_json(); those of
   * gemma4_session_set_messages_json() do not count). Without any a step answers
   * GEMMA4_ERROR_STATE.
   */
  int32_t requires_tool_call; /* default 0 */
  int32_t reserved;           /* 0 */
} gemma4_sampler_params;

#define GEMMA4_SAMPLER_PARAMS_INIT                                                                \
  {                                                                                               \
    sizeof(gemma4_sampler_params), 0, -1.0f, -1.0f, -1, 0.0f, 0.0f, 0.0f, 0.0f, 0, NULL, 0, NULL, \
        0, NULL, NULL, 0, 0                                                                       \
  }

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
