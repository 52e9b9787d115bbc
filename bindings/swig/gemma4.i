/*
 * The flat layer of every binding: each C function under its own name, as nearly one to one as the
 * language allows. What people use is written by hand on top of it, in bindings/<language>/.
 *
 * This file holds what the languages share. gemma4_api.i is made from the headers by
 * make_interface.py, and lists what they declare; <language>.i says how each kind of parameter
 * crosses over:
 *
 *   BYTES     const char* with a size after it        an array of bytes
 *   (none)    const char*                             a string, UTF-8
 *   numbers   const int32_t*, float*, size_t*, ...    an array, written back unless const
 *   void*     but for userdata                          an array of bytes
 *   T**       of a handle                             an array of addresses, written back
 *   address   everything else: handles, structs, functions, memory that C owns, userdata
 *
 * A function that returns gemma4_status returns nothing, and fails the way its language fails, with
 * the code and the thread's error text, both read before the native call returns.
 */
%module Flat
#pragma SWIG nowarn=314 /* a name is a keyword of the language, and renamed */

%{
#include <gemma4/gemma4.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
%}

#define GEMMA4_API
%include <stdint.i>

/* What crosses over as a number and is dereferenced by C alone. */
%inline %{
typedef void *gemma4_address;
%}

/* Text that is returned: it is copied, and decoded where the language's strings are not UTF-8. */
%inline %{
typedef const char *gemma4_text;
%}

%{
/* Copies of what a struct's setter is given; they live until the struct is freed. */
static void *gemma4_copy_memory(const void *bytes, size_t size) {
  void *copy = bytes != NULL ? malloc(size ? size : 1) : NULL;
  if (copy != NULL && size != 0) memcpy(copy, bytes, size);
  return copy;
}

static const char *gemma4_copy_text(const char *text) {
  return text != NULL ? (const char *)gemma4_copy_memory(text, strlen(text) + 1) : NULL;
}

/* `count` texts that lie one after the other, each with its NUL, as C wants them: one allocation. */
static const char *const *gemma4_copy_texts(const uint8_t *texts, size_t size_bytes, size_t count) {
  char **copy = (char **)malloc(count * sizeof(char *) + size_bytes + 1);
  char *text = (char *)(copy + count);
  size_t i;
  if (copy == NULL) return NULL;
  if (size_bytes != 0) memcpy(text, texts, size_bytes);
  text[size_bytes] = 0;
  for (i = 0; i < count; ++i) {
    copy[i] = text;
    if (text < (char *)(copy + count) + size_bytes) text += strlen(text) + 1;
  }
  return (const char *const *)copy;
}

/* A failed call: what it returned, and what its thread's error text was at that moment. */
typedef struct gemma4_flat_error {
  int32_t code;
  size_t size;
  char text[1];
} gemma4_flat_error;

static gemma4_flat_error gemma4_flat_no_memory = {GEMMA4_ERROR_OUT_OF_MEMORY, 0, {0}};

/* NULL for GEMMA4_OK, and then nothing was allocated. */
static gemma4_flat_error *gemma4_flat_error_of(gemma4_status status) {
  gemma4_flat_error *error;
  size_t size;
  if (status == GEMMA4_OK) return NULL;
  size = gemma4_last_error_copy(NULL, 0);
  error = (gemma4_flat_error *)malloc(sizeof(*error) + size);
  if (error == NULL) return &gemma4_flat_no_memory;
  error->code = status;
  error->size = size;
  gemma4_last_error_copy(error->text, size + 1);
  return error;
}

static void gemma4_flat_error_free(gemma4_flat_error *error) {
  if (error != &gemma4_flat_no_memory) free(error);
}
%}

#if defined(SWIGJAVA)
%include "java.i"
#elif defined(SWIGCSHARP)
%include "csharp.i"
#elif defined(SWIGGO)
%include "go.i"
#endif

%apply gemma4_address { void *userdata };
%include "gemma4_api.i"
