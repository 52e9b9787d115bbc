/* Numbers about given text: how likely it is, and what it means to the model. */
#ifndef GEMMA4_SCORE_H_
#define GEMMA4_SCORE_H_

#include <gemma4/event.h>
#include <gemma4/export.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * [one] Appends `token_ids`, runs them, and tells how likely the model thought each of them where
 * it stands. To compare several continuations, score one, gemma4_session_rewind() to where it
 * began, and score the next; or fork.
 *
 * @param token_ids     [num_tokens], at least 1, each in [0, vocab_size). Something must precede
 * them.
 * @param params        NULL for the defaults. A time budget is not looked at.
 * @param out_logprobs  [num_tokens] natural logarithms, of the model's own logits. On failure its
 *                      contents are undefined.
 * @return as gemma4_session_prefill_with(); GEMMA4_ERROR_STATE also for an empty session.
 */
GEMMA4_API gemma4_status gemma4_session_score(gemma4_session* session, const int32_t* token_ids,
                                              size_t num_tokens, const gemma4_step_params* params,
                                              float* out_logprobs);

/** Which vector stands for several tokens. */
typedef int32_t gemma4_pooling;

enum {
  /** That of the last token, which has seen all the others. */
  GEMMA4_POOLING_LAST = 0,
  /** The mean of all. */
  GEMMA4_POOLING_MEAN = 1
};

/**
 * [one] Appends `token_ids`, runs them, and gives the vector that the last layer makes of them,
 * after the final norm: what the LM head reads. Gemma 4 was not trained to give embeddings; these
 * serve where nothing better is at hand.
 *
 * @param token_ids   [num_tokens], at least 1.
 * @param pooling     of gemma4_pooling.
 * @param normalize   not 0: the vector is scaled to length 1.
 * @param params      NULL for the defaults. A time budget is not looked at.
 * @param out_hidden  [hidden_size], see gemma4_model_hidden_size(). On failure its contents are
 *                    undefined.
 * @param capacity    floats that fit in `out_hidden`.
 * @return as gemma4_session_prefill_with(); GEMMA4_ERROR_INVALID_ARGUMENT also for a small
 * capacity.
 */
GEMMA4_API gemma4_status gemma4_session_embed(gemma4_session* session, const int32_t* token_ids,
                                              size_t num_tokens, gemma4_pooling pooling,
                                              int32_t normalize, const gemma4_step_params* params,
                                              float* out_hidden, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_SCORE_H_ */
