/* gemma4_model_info: what a checkpoint is, from its headers alone. */
#ifndef GEMMA4_INFO_H_
#define GEMMA4_INFO_H_

#include <gemma4/export.h>
#include <gemma4/model.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A look at a checkpoint: reads configuration and tensor headers, no weights, and starts no thread.
 * Never changes: every function may be called from any thread. Made by gemma4_model_inspect...(),
 * freed by gemma4_model_info_free().
 */
typedef struct gemma4_model_info gemma4_model_info;

/**
 * [any] Inspects a checkpoint.
 *
 * @param path      as gemma4_model_load().
 * @param out_info  receives the info; free it with gemma4_model_info_free().
 * @return as gemma4_model_load(), without CANCELLED, STOPPED and UNSUPPORTED_CPU.
 */
GEMMA4_API gemma4_status gemma4_model_inspect(const char* path, gemma4_model_info** out_info);

/** [any] The same for files that lie in memory, as gemma4_model_load_memory(). Their data must stay
 *  until the info is freed. */
GEMMA4_API gemma4_status gemma4_model_inspect_memory(const gemma4_memory_file* files,
                                                     size_t num_files,
                                                     gemma4_model_info** out_info);

/** [any] NULL does nothing. */
GEMMA4_API void gemma4_model_info_free(gemma4_model_info* info);

/* For a NULL info: 0 or "". Borrowed pointers live as long as the info. */

/** [any] "E2B", "E4B", "12B", "26B-A4B", "31B", else "custom". */
GEMMA4_API const char* gemma4_model_info_variant(const gemma4_model_info* info);

/** [any] "safetensors", "gguf" or "packed". */
GEMMA4_API const char* gemma4_model_info_format(const gemma4_model_info* info);

/** [any] The longest context the model was made for, in tokens. */
GEMMA4_API size_t gemma4_model_info_max_context_tokens(const gemma4_model_info* info);

/** [any] */
GEMMA4_API size_t gemma4_model_info_vocab_size(const gemma4_model_info* info);
/** [any] */
GEMMA4_API size_t gemma4_model_info_hidden_size(const gemma4_model_info* info);
/** [any] */
GEMMA4_API size_t gemma4_model_info_num_layers(const gemma4_model_info* info);
/** [any] Layers that keep keys and values of their own; the last ones share theirs. */
GEMMA4_API size_t gemma4_model_info_num_kv_layers(const gemma4_model_info* info);
/** [any] Positions that a sliding layer sees. */
GEMMA4_API size_t gemma4_model_info_sliding_window(const gemma4_model_info* info);
/** [any] 1 if the checkpoint has a tokenizer. */
GEMMA4_API int32_t gemma4_model_info_has_tokenizer(const gemma4_model_info* info);

/** What a model and one session take in memory, in bytes. */
typedef struct gemma4_memory_needs {
  size_t struct_size;
  /** Files that are mapped: address space, shared by processes, not all of it ever resident. */
  uint64_t weights_mapped_bytes;
  /**
   * Weights of the linear layers as they are computed with; every token reads them all. Memory of
   * this process, or, from a packed file or a cache, pages of that file.
   */
  uint64_t weights_resident_bytes;
  /** Keys and values of the session when its context is full. */
  uint64_t kv_bytes;
  /** Activations of a full prefill chunk, logits, tokenizer. */
  uint64_t scratch_bytes;
  /** The last three together. */
  uint64_t resident_bytes;
} gemma4_memory_needs;

#define GEMMA4_MEMORY_NEEDS_INIT \
  { sizeof(gemma4_memory_needs), 0, 0, 0, 0, 0 }

/**
 * [any] Computes what a load and one session would take. Reads headers.
 *
 * @param load_params     as gemma4_model_load(); NULL for the defaults.
 * @param session_params  as gemma4_session_create(); NULL for the defaults.
 * @param out_needs       the caller's, with struct_size set (GEMMA4_MEMORY_NEEDS_INIT).
 * @return GEMMA4_OK, GEMMA4_ERROR_INVALID_ARGUMENT (a pointer is NULL, a parameter out of range) or
 *   GEMMA4_ERROR_UNSUPPORTED.
 */
GEMMA4_API gemma4_status gemma4_memory_estimate(const gemma4_model_info* info,
                                                const gemma4_load_params* load_params,
                                                const gemma4_session_params* session_params,
                                                gemma4_memory_needs* out_needs);

/** What the decoder does with a tensor of the files. */
typedef int32_t gemma4_tensor_use;
enum {
  GEMMA4_TENSOR_USED = 0,
  GEMMA4_TENSOR_SET_ASIDE = 1, /* of the vision or audio part */
  GEMMA4_TENSOR_DEAD = 2       /* in the files, never computed with: K/V of sharing layers, ... */
};

/** One tensor. Texts live as long as the info. */
typedef struct gemma4_tensor_info {
  size_t struct_size;
  const char* name;
  const char* type;  /* "BF16" */
  const char* shape; /* "[2048, 1536]", outermost first */
  const char* role;  /* "q_proj"; "" if it is not used */
  uint64_t num_elements;
  uint64_t size_bytes;
  gemma4_tensor_use use;
  int32_t layer; /* -1 if it belongs to none, or is not used */
} gemma4_tensor_info;

#define GEMMA4_TENSOR_INFO_INIT \
  { sizeof(gemma4_tensor_info), NULL, NULL, NULL, NULL, 0, 0, GEMMA4_TENSOR_USED, -1 }

/** [any] Tensors in the files. */
GEMMA4_API size_t gemma4_model_info_num_tensors(const gemma4_model_info* info);

/**
 * [any] One of them, in the order of their names.
 *
 * @param index       less than gemma4_model_info_num_tensors().
 * @param out_tensor  the caller's, with struct_size set (GEMMA4_TENSOR_INFO_INIT).
 * @return GEMMA4_OK or GEMMA4_ERROR_INVALID_ARGUMENT.
 */
GEMMA4_API gemma4_status gemma4_model_info_tensor(const gemma4_model_info* info, size_t index,
                                                  gemma4_tensor_info* out_tensor);

#ifdef __cplusplus
}
#endif

#endif /* GEMMA4_INFO_H_ */
