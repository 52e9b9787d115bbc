/* Text to token ids and back. */
#ifndef GEMMA4_TOKENIZER_H_
#define GEMMA4_TOKENIZER_H_

#include <gemma4/export.h>
#include <gemma4/model.h>
#include <gemma4/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * In place of a text's size: the text ends before its first NUL. Text is UTF-8 everywhere; with a
 * size it may hold NULs.
 */
#define GEMMA4_NUL_TERMINATED ((size_t)-1)

/** How text becomes ids; flags, to be added up. 0: the text is data, nothing is added. */
typedef uint32_t gemma4_text_flags;

enum {
  /** Begins with <bos>, unless the ids do anyway. In a session only where nothing precedes. */
  GEMMA4_TEXT_ADD_BOS = 1,
  /**
   * Names of control tokens in the text ("<|turn>") become those tokens. Never set it for text that
   * somebody else wrote: it could end your turn and begin another.
   */
  GEMMA4_TEXT_PARSE_SPECIAL = 2
};

/**
 * [any] Turns text into token ids.
 *
 * A text of n bytes gives at most n + 1 ids, so one call with that capacity always does.
 *
 * @param text         [text_size] UTF-8, or NUL-terminated with GEMMA4_NUL_TERMINATED. May be NULL
 *                     when text_size is 0.
 * @param flags        of gemma4_text_flags.
 * @param out_ids      [capacity]; may be NULL when capacity is 0, which asks for the number only.
 * @param capacity     ids that fit in `out_ids`.
 * @param out_num_ids  receives the number of ids, also when they do not fit.
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL; or capacity is not 0 and too small: nothing
 *                                  is written but *out_num_ids;
 *   GEMMA4_ERROR_INVALID_UTF8      names the offset of the first byte that is wrong;
 *   GEMMA4_ERROR_UNSUPPORTED       the model has no tokenizer, or a flag is not known.
 */
GEMMA4_API gemma4_status gemma4_model_tokenize(const gemma4_model* model, const char* text,
                                               size_t text_size, gemma4_text_flags flags,
                                               int32_t* out_ids, size_t capacity,
                                               size_t* out_num_ids);

/**
 * [any] Turns token ids into text. Control tokens become their names; bytes that are not UTF-8
 * become U+FFFD. For a stream of ids use a session's events, which cut between code points.
 *
 * @param token_ids      [num_tokens], each in [0, vocab_size).
 * @param out_text       [capacity] receives UTF-8, no NUL added; may be NULL when capacity is 0,
 *                       which asks for the size only.
 * @param capacity       bytes that fit in `out_text`.
 * @param out_text_size  receives the bytes of the text, also when they do not fit.
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL, an id is outside the vocabulary, or capacity
 *                                  is not 0 and too small: nothing is written but *out_text_size;
 *   GEMMA4_ERROR_UNSUPPORTED       the model has no tokenizer.
 */
GEMMA4_API gemma4_status gemma4_model_detokenize(const gemma4_model* model,
                                                 const int32_t* token_ids, size_t num_tokens,
                                                 char* out_text, size_t capacity,
                                                 size_t* out_text_size);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_TOKENIZER_H_ */
