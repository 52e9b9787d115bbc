/*
 * How each kind of parameter crosses over into C#. SWIG runs with -noproxy: addresses are IntPtr,
 * numbers keep their width, and the class FlatPINVOKE has nothing but DllImports: SWIG's own helpers,
 * delegates handed to C that ahead-of-time compilers cannot follow, are switched off where SWIG is
 * called (SWIG_CSHARP_NO_...).
 */

%csconst(1);
%pragma(csharp) moduleclassmodifiers="
/// <summary>
/// The C functions under their own names, one to one; the headers' comments say what they do.
/// Handles and structs are addresses, and nothing checks them: what C calls undefined crashes the
/// process. Use Model and Session; this class is for what they do not offer.
/// </summary>
public static class"
%pragma(csharp) moduleimports="#pragma warning disable 1591 // the comments are in the headers"
%pragma(csharp) imclassclassmodifiers="internal static class"

/* ---- Numbers ---- */

%define GEMMA4_NUMBER(CTYPE, CSTYPE)
%typemap(ctype) CTYPE "CTYPE"
%typemap(imtype) CTYPE "CSTYPE"
%typemap(cstype) CTYPE "CSTYPE"
%typemap(in) CTYPE %{ $1 = $input; %}
%typemap(out) CTYPE %{ $result = $1; %}
%typemap(csin) CTYPE "$csinput"
%typemap(csout) CTYPE { return $imcall; }
%enddef

GEMMA4_NUMBER(int32_t, int)
GEMMA4_NUMBER(uint32_t, uint)
GEMMA4_NUMBER(int64_t, long)
GEMMA4_NUMBER(uint64_t, ulong)

/* size_t is as wide as an address, and a ulong for whoever calls. */
%typemap(ctype) size_t "size_t"
%typemap(imtype) size_t "global::System.UIntPtr"
%typemap(cstype) size_t "ulong"
%typemap(in) size_t %{ $1 = $input; %}
%typemap(out) size_t %{ $result = $1; %}
%typemap(csin) size_t "(global::System.UIntPtr)$csinput"
%typemap(csout) size_t { return (ulong)$imcall; }

/* ---- Addresses ---- */

%typemap(ctype) SWIGTYPE *, gemma4_address "void *"
%typemap(imtype) SWIGTYPE *, gemma4_address "global::System.IntPtr"
%typemap(cstype) SWIGTYPE *, gemma4_address "global::System.IntPtr"
%typemap(in) SWIGTYPE *, gemma4_address %{ $1 = ($1_ltype)$input; %}
%typemap(out) SWIGTYPE *, gemma4_address %{ $result = (void *)$1; %}
%typemap(csin) SWIGTYPE *, gemma4_address "$csinput"
%typemap(csout) SWIGTYPE *, gemma4_address { return $imcall; }
%typemap(argout) gemma4_address ""
%typemap(freearg) gemma4_address ""

/* ---- Arrays: pinned for the call, used in place ---- */

%define GEMMA4_ARRAY(CTYPE, CSTYPE)
%typemap(ctype) CTYPE *, const CTYPE * "void *"
%typemap(imtype, inattributes="[global::System.Runtime.InteropServices.In, global::System.Runtime.InteropServices.Out]") CTYPE *, const CTYPE * "CSTYPE[]"
%typemap(cstype) CTYPE *, const CTYPE * "CSTYPE[]"
%typemap(in) CTYPE *, const CTYPE * %{ $1 = ($1_ltype)$input; %}
%typemap(argout) CTYPE *, const CTYPE * ""
%typemap(freearg) CTYPE *, const CTYPE * ""
%typemap(csin) CTYPE *, const CTYPE * "$csinput"
%enddef

GEMMA4_ARRAY(int32_t, int)
GEMMA4_ARRAY(uint32_t, uint)
GEMMA4_ARRAY(float, float)
GEMMA4_ARRAY(int16_t, short)
GEMMA4_ARRAY(uint16_t, ushort)
GEMMA4_ARRAY(int8_t, sbyte)
GEMMA4_ARRAY(uint8_t, byte)
GEMMA4_ARRAY(size_t, global::System.UIntPtr)
GEMMA4_ARRAY(int64_t, long)
GEMMA4_ARRAY(uint64_t, ulong)
GEMMA4_ARRAY(SWIGTYPE *, global::System.IntPtr)
GEMMA4_ARRAY(void, byte)
%apply uint8_t * { char * };
%apply const uint8_t * { const char *BYTES };
%apply SWIGTYPE ** { SWIGTYPE *const * };

/* ---- Text that ends with a NUL: never the platform's own encoding ---- */

%typemap(ctype) const char *, gemma4_text "const char *"
%typemap(imtype) const char * "byte[]"
%typemap(imtype) gemma4_text "global::System.IntPtr"
%typemap(cstype) const char *, gemma4_text "string"
%typemap(in) const char * %{ $1 = ($1_ltype)$input; %}
%typemap(argout) const char * ""
%typemap(freearg) const char * ""
%typemap(csin) const char * "global::Gemma4.NativeText.ToUtf8($csinput)"
%typemap(out) gemma4_text %{ $result = $1; %}
%typemap(csout) gemma4_text { return global::Gemma4.NativeText.FromUtf8($imcall); }

/* ---- Status: the wrapper returns the error, with its text, or NULL ---- */

%typemap(ctype) gemma4_status "void *"
%typemap(imtype) gemma4_status "global::System.IntPtr"
%typemap(cstype) gemma4_status "void"
%typemap(out) gemma4_status %{ $result = gemma4_flat_error_of($1); %}
%typemap(csout) gemma4_status { global::Gemma4.NativeError.ThrowIfFailed($imcall); }

%inline %{
/* What a failed call returned; used by NativeError. */
static int32_t error_code(gemma4_address error) { return ((gemma4_flat_error *)error)->code; }
static size_t error_text_size(gemma4_address error) { return ((gemma4_flat_error *)error)->size; }
static gemma4_address error_text(gemma4_address error) {
  return ((gemma4_flat_error *)error)->text;
}
static void error_free(gemma4_address error) {
  gemma4_flat_error_free((gemma4_flat_error *)error);
}
%}
