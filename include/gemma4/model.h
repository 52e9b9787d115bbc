/* gemma4_model: a loaded checkpoint, shared by any number of sessions. */
#ifndef GEMMA4_MODEL_H_
#define GEMMA4_MODEL_H_

#include <gemma4/cancel.h>
#include <gemma4/export.h>
#include <gemma4/status.h>
#include <gemma4/thread_pool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Configuration, tokenizer and packed weights. Never changes after load: every function may be
 * called from any thread. Made by gemma4_model_load...(); each reference is given back with
 * gemma4_model_free(), and a session holds one of its own.
 */
typedef struct gemma4_model gemma4_model;

/** How linear layers compute. */
typedef int32_t gemma4_weights;

enum {
  /**
   * For each layer the fast arithmetic that fits its stored weights: int4 where they are 4-bit
   * numbers already (Q4_0, floats trained on its grid), else int8.
   */
  GEMMA4_WEIGHTS_AUTO = 0,
  /** int8 weights with one scale an output channel, int8 activations with one a row. */
  GEMMA4_WEIGHTS_INT8 = 1,
  /** The reference: weights dequantised to f32, f32 activations. Slow, four times the memory. */
  GEMMA4_WEIGHTS_EXACT = 2,
  /** int4 weights with one scale for each 32 inputs (as GGUF's Q4_0), int8 activations. */
  GEMMA4_WEIGHTS_INT4 = 3,
  /** int4 weights with one scale an output channel: faster than INT4, and less exact. */
  GEMMA4_WEIGHTS_INT4_ROWS = 4
};

/**
 * Called while a model loads, on the loading thread. A load may have parts, each of which counts
 * from 0 to a total of its own: reading a reader's file, filling a cache, preparing weights.
 *
 * @param done_bytes, total_bytes  weight bytes prepared so far, and in all.
 * @return 0 to go on; anything else ends the load with GEMMA4_ERROR_STOPPED.
 */
typedef int (*gemma4_load_progress)(uint64_t done_bytes, uint64_t total_bytes, void* userdata);

/** What a load may be told. */
typedef struct gemma4_load_params {
  size_t struct_size;

  /* Changes the output. */
  gemma4_weights weights; /* default GEMMA4_WEIGHTS_AUTO */

  /* Changes speed or memory. */
  /** gemma4_model_load_memory(): non-zero copies the files, so that they may be freed at once. */
  int32_t copy_files; /* default 0 */
  /**
   * Threads that compute, the caller's included; the load starts the others, which sleep while
   * nothing is computed. 0: one for each physical core that the process may run on. At most 1024.
   * From 1, which starts none, to 64 and beyond the tokens are the same; the time is not. Prompts
   * gain from each physical core, single tokens only until the memory is busy, often with a few.
   * More threads than there are free cores make it slower: an operator waits for all of its
   * threads.
   */
  size_t num_threads; /* default 0 */
  /** Tokens of one forward pass of a prompt; scratch memory grows with it. 0: 512. At most 8192. */
  size_t prefill_chunk_tokens; /* default 0 */

  /**
   * A folder that exists: packed weights are made there at the first load of a checkpoint, and
   * mapped by later loads, which then take milliseconds. A file there that is stale, or whose
   * header or index is damaged, is replaced; its weights are not read through
   * (gemma4_model_verify()). That it cannot be written is an error. NULL: nowhere. Read, not kept.
   */
  const char* cache_folder; /* default NULL */
  /**
   * For the model and its sessions together, as gemma4_memory_estimate() counts resident bytes, and
   * files that are copied or come from a reader.
   * What would exceed it is refused with GEMMA4_ERROR_MEMORY_BUDGET. 0: no limit.
   */
  uint64_t memory_budget_bytes; /* default 0 */

  /* Calls back; none of these is kept after the load. */
  gemma4_load_progress progress; /* default NULL */
  void* progress_userdata;       /* default NULL */
  const gemma4_cancel* cancel;   /* default NULL */

  /* Changes speed or memory. */
  /**
   * Threads that other models compute on, too; num_threads must then be 0. The load computes on
   * them already. The model holds them until its own end. NULL: the model makes its own.
   */
  gemma4_thread_pool* thread_pool; /* default NULL */
} gemma4_load_params;

#define GEMMA4_LOAD_PARAMS_INIT \
  { sizeof(gemma4_load_params), GEMMA4_WEIGHTS_AUTO, 0, 0, 0, NULL, 0, NULL, NULL, NULL, NULL }

/**
 * [any] Fills `params` with the defaults, as GEMMA4_LOAD_PARAMS_INIT does. NULL does nothing.
 *
 * @param struct_size  sizeof(gemma4_load_params) as the caller knows it.
 */
GEMMA4_API void gemma4_load_params_init(gemma4_load_params* params, size_t struct_size);

/**
 * [any] Loads a checkpoint. Reads, converts and packs every weight; embedding tables stay in the
 * file, which must not be changed while the model lives.
 *
 * The file is mapped, so cutting it short meanwhile is fatal to the process (SIGBUS), as with every
 * mapped file; replacing it by renaming another one over it is safe.
 *
 * @param path       NUL-terminated UTF-8: a folder as Hugging Face publishes it (config.json,
 *                   *.safetensors, tokenizer.json, generation_config.json), or one .safetensors
 *                   file in such a folder; or a GGUF file, which has all of these in itself; of a
 *                   split one, any of its parts; or a packed file of gemma4_model_pack().
 * @param params     NULL for the defaults. Read, not kept.
 * @param out_model  receives the model, one reference; free it with gemma4_model_free().
 * @return GEMMA4_OK, or
 *   GEMMA4_ERROR_INVALID_ARGUMENT  a pointer is NULL or a parameter out of range;
 *   GEMMA4_ERROR_NOT_FOUND         there is no such path, or a file of the checkpoint is missing;
 *   GEMMA4_ERROR_IO                a file cannot be read;
 *   GEMMA4_ERROR_CORRUPT           a file contradicts its format, or tensors are missing;
 *   GEMMA4_ERROR_UNSUPPORTED       the model, its format, or a parameter is not known;
 *   GEMMA4_ERROR_UNSUPPORTED_CPU   looked at first, before anything else;
 *   GEMMA4_ERROR_MEMORY_BUDGET     the model alone needs more than memory_budget_bytes;
 *   GEMMA4_ERROR_CANCELLED, GEMMA4_ERROR_STOPPED, GEMMA4_ERROR_OUT_OF_MEMORY.
 */
GEMMA4_API gemma4_status gemma4_model_load(const char* path, const gemma4_load_params* params,
                                           gemma4_model** out_model);

/**
 * [any] Packs a checkpoint into one file, for this kind of CPU and this build of the library:
 * weights as they are computed with, everything else as it is. A packed file loads in milliseconds
 * and is shared by all processes that load it.
 *
 * One layer at a time is in memory. The file appears under its name when it is whole and on disk; a
 * failure leaves nothing behind and whatever was there before.
 *
 * @param path      as gemma4_model_load().
 * @param out_path  NUL-terminated UTF-8: the file to write. A regular file of that name is
 * replaced, unless the model is read from it.
 * @param params    NULL for the defaults. `weights`, `num_threads`, `thread_pool`, `progress` and
 * `cancel` are used.
 * @return GEMMA4_OK, or as gemma4_model_load(); GEMMA4_ERROR_IO also if the file cannot be written,
 *   GEMMA4_ERROR_UNSUPPORTED also for GEMMA4_WEIGHTS_EXACT and for what is packed already.
 */
GEMMA4_API gemma4_status gemma4_model_pack(const char* path, const char* out_path,
                                           const gemma4_load_params* params);

/**
 * [any] Reads a packed file through and holds every part of it against its hash. Loads do not: they
 * look at its header and index alone.
 *
 * @param path  NUL-terminated UTF-8.
 * @return GEMMA4_OK, GEMMA4_ERROR_CORRUPT (names what is damaged), GEMMA4_ERROR_UNSUPPORTED (is no
 *   packed file, or one of another version), GEMMA4_ERROR_NOT_FOUND, GEMMA4_ERROR_IO or
 *   GEMMA4_ERROR_INVALID_ARGUMENT.
 */
GEMMA4_API gemma4_status gemma4_model_verify(const char* path);

/** One file of a checkpoint that lies in memory. This struct does not grow. */
typedef struct gemma4_memory_file {
  const char* name; /* NUL-terminated, without a folder: "config.json" */
  const void* data; /* may be NULL when size_bytes is 0 */
  size_t size_bytes;
} gemma4_memory_file;

/**
 * [any] As gemma4_model_load(), from the files of a checkpoint folder that lie in memory: embedded
 * in a program, or taken from an archive.
 *
 * @param files      [num_files], names unlike each other. The array is read, not kept; the files'
 *                   data must stay where it is, unchanged, until the last reference to the model is
 *                   gone (sessions hold one), unless params->copy_files is set.
 * @param num_files  at least 1.
 * @return as gemma4_model_load().
 */
GEMMA4_API gemma4_status gemma4_model_load_memory(const gemma4_memory_file* files, size_t num_files,
                                                  const gemma4_load_params* params,
                                                  gemma4_model** out_model);

/**
 * [any] As gemma4_model_load(), from an open file: a GGUF file or a packed one, on its own or
 * inside another file (an Android asset, an archive that does not compress).
 *
 * @param descriptor  of a regular file, open for reading. Not kept: it may be closed afterwards.
 * @param offset      where the model begins in the file; a packed one at a multiple of 64.
 * @param size_bytes  of the model; 0: up to the end of the file.
 * @return as gemma4_model_load(); GEMMA4_ERROR_INVALID_ARGUMENT also for a range outside the file.
 */
GEMMA4_API gemma4_status gemma4_model_load_descriptor(int descriptor, uint64_t offset,
                                                      uint64_t size_bytes,
                                                      const gemma4_load_params* params,
                                                      gemma4_model** out_model);

/**
 * Gives a piece of a file. Called on the loading thread, pieces in order, each once.
 *
 * @param buffer  receives [size_bytes] from `offset` on.
 * @return 0, or anything else if it cannot: the load ends with GEMMA4_ERROR_IO.
 */
typedef int (*gemma4_read_at)(uint64_t offset, void* buffer, size_t size_bytes, void* userdata);

/**
 * [any] As gemma4_model_load(), from wherever a callback gets bytes: a compressed archive, a
 * network. The file, GGUF or packed, is read whole into memory that the model keeps; a path or a
 * descriptor needs less.
 *
 * @param size_bytes  of the whole file.
 * @param userdata    passed to `read_at`. Not kept.
 * @return as gemma4_model_load(); GEMMA4_ERROR_IO also if `read_at` fails.
 */
GEMMA4_API gemma4_status gemma4_model_load_reader(uint64_t size_bytes, gemma4_read_at read_at,
                                                  void* userdata, const gemma4_load_params* params,
                                                  gemma4_model** out_model);

/** [any] Adds a reference, to be given back with gemma4_model_free(). NULL does nothing. */
GEMMA4_API void gemma4_model_retain(gemma4_model* model);

/** [any] Gives back one reference; the last one frees the model. NULL does nothing. */
GEMMA4_API void gemma4_model_free(gemma4_model* model);

/* What the model says about itself. For a NULL model: 0, -1 or "". Borrowed pointers live as long
 * as the model. */

/** [any] Floats of a hidden state. 0 for NULL. */
GEMMA4_API size_t gemma4_model_hidden_size(const gemma4_model* model);

/** [any] Token ids are in [0, vocab_size). */
GEMMA4_API size_t gemma4_model_vocab_size(const gemma4_model* model);

/** [any] The longest context the model was made for, in tokens. */
GEMMA4_API size_t gemma4_model_max_context_tokens(const gemma4_model* model);

/** [any] Which published size this is: "E2B", "E4B", "12B", "26B-A4B", "31B", else "custom". */
GEMMA4_API const char* gemma4_model_variant(const gemma4_model* model);

/** [any] Which kind of file it came from: "safetensors", "gguf" or "packed". */
GEMMA4_API const char* gemma4_model_format(const gemma4_model* model);

/** [any] How most of its weights compute, GEMMA4_WEIGHTS_AUTO already decided. */
GEMMA4_API gemma4_weights gemma4_model_weights(const gemma4_model* model);

/** [any] Threads that compute, the caller's included. */
GEMMA4_API size_t gemma4_model_num_threads(const gemma4_model* model);

/** [any] Tokens of one forward pass of a prompt. */
GEMMA4_API size_t gemma4_model_prefill_chunk_tokens(const gemma4_model* model);

/** [any] 1 if the checkpoint has a tokenizer; without one, only token ids go in and out. */
GEMMA4_API int32_t gemma4_model_has_tokenizer(const gemma4_model* model);

/** [any] The token that begins every sequence. */
GEMMA4_API int32_t gemma4_model_bos_token_id(const gemma4_model* model);

/**
 * [any] Tokens that end a generation, from the checkpoint.
 *
 * @param out_num_ids  receives the number of ids. May be NULL.
 * @return [*out_num_ids], borrowed; NULL when there are none.
 */
GEMMA4_API const int32_t* gemma4_model_stop_token_ids(const gemma4_model* model,
                                                      size_t* out_num_ids);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_MODEL_H_ */
