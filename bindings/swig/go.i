/*
 * How each kind of parameter crosses over into Go. Addresses are uintptr: what C owns is nothing to
 * Go's collector. A failed call returns its error in the same native call, since a goroutine may be
 * on another thread in the next one.
 */

%insert(cgo_comment_typedefs) %{
#cgo pkg-config: gemma4
%}

/* ---- Numbers ---- */

%define GEMMA4_NUMBER(CTYPE, GOTYPE)
%typemap(gotype) CTYPE "GOTYPE"
%typemap(in) CTYPE %{ $1 = ($1_ltype)$input; %}
%typemap(out) CTYPE %{ $result = $1; %}
%typemap(goout) CTYPE ""
%enddef

GEMMA4_NUMBER(int, int32)
GEMMA4_NUMBER(int32_t, int32)
GEMMA4_NUMBER(uint32_t, uint32)
GEMMA4_NUMBER(int64_t, int64)
GEMMA4_NUMBER(uint64_t, uint64)
GEMMA4_NUMBER(size_t, uint64)

/* ---- Addresses ---- */

%typemap(gotype) SWIGTYPE *, gemma4_address "uintptr"
%typemap(in) SWIGTYPE *, gemma4_address %{ $1 = ($1_ltype)$input; %}
%typemap(out) SWIGTYPE *, gemma4_address %{ $result = (void *)$1; %}
%typemap(goout) SWIGTYPE *, gemma4_address ""
%typemap(freearg) gemma4_address ""

/* ---- Slices: used in place ---- */

%define GEMMA4_ARRAY(CTYPE, GOTYPE)
%typemap(gotype) CTYPE *, const CTYPE * "[]GOTYPE"
%typemap(in) CTYPE *, const CTYPE * %{ $1 = ($1_ltype)$input.array; %}
%typemap(freearg) CTYPE *, const CTYPE * ""
%enddef

GEMMA4_ARRAY(int32_t, int32)
GEMMA4_ARRAY(uint32_t, uint32)
GEMMA4_ARRAY(float, float32)
GEMMA4_ARRAY(int16_t, int16)
GEMMA4_ARRAY(uint16_t, uint16)
GEMMA4_ARRAY(int8_t, int8)
GEMMA4_ARRAY(uint8_t, byte)
GEMMA4_ARRAY(size_t, uint64)
GEMMA4_ARRAY(int64_t, int64)
GEMMA4_ARRAY(uint64_t, uint64)
GEMMA4_ARRAY(SWIGTYPE *, uintptr)
GEMMA4_ARRAY(void, byte)
%apply uint8_t * { char * };
%apply const uint8_t * { const char *BYTES };
%apply SWIGTYPE ** { SWIGTYPE *const * };

/* ---- Text that ends with a NUL ---- */

%typemap(gotype) const char * "string"
%typemap(in) const char * %{
  $1 = ($1_ltype)malloc($input.n + 1);
  if ($1 != NULL) {
    memcpy((char *)$1, $input.p, $input.n);
    ((char *)$1)[$input.n] = 0;
  }
%}
%typemap(freearg) const char * %{ free((char *)$1); %}

%typemap(gotype) gemma4_text "string"
%typemap(imtype) gemma4_text "uintptr"
%typemap(out) gemma4_text %{ $result = $1; %}
%typemap(goout) gemma4_text %{ $result = textAt($1) %}

/* ---- Status ---- */

/* SWIG's C takes its types from the headers: there, a status must be as wide as what is returned. */
%{
#define gemma4_status intptr_t
%}
%typemap(gotype) gemma4_status "error"
%typemap(imtype) gemma4_status "uintptr"
%typemap(out) gemma4_status %{ $result = (intptr_t)gemma4_flat_error_of((int32_t)$1); %}
%typemap(goout) gemma4_status %{ $result = takeError($1) %}

/* ---- What Go needs besides ---- */

%inline %{
/* What a failed call returned; used by takeError. */
static int32_t errorCode(gemma4_address error) { return ((gemma4_flat_error *)error)->code; }
static size_t errorTextSize(gemma4_address error) { return ((gemma4_flat_error *)error)->size; }
static gemma4_address errorText(gemma4_address error) { return ((gemma4_flat_error *)error)->text; }
static void errorFree(gemma4_address error) { gemma4_flat_error_free((gemma4_flat_error *)error); }
/* Memory that C owns. */
static size_t textSize(gemma4_address text) { return strlen((const char *)text); }
static void readBytes(uint8_t *to, gemma4_address from, size_t size) { memcpy(to, from, size); }
static void readFloats(float *to, gemma4_address from, size_t count) {
  memcpy(to, from, count * sizeof(float));
}
static void readInts(int32_t *to, gemma4_address from, size_t count) {
  memcpy(to, from, count * sizeof(int32_t));
}
static void writeBytes(gemma4_address to, const uint8_t *from, size_t size) {
  memcpy(to, from, size);
}
/* 0 if there is no memory. */
static gemma4_address allocate(size_t size) { return malloc(size ? size : 1); }
static void deallocate(gemma4_address memory) { free(memory); }
%}
