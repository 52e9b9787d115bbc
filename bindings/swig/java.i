/* How each kind of parameter crosses over into Java. SWIG runs with -noproxy: addresses are long. */

%javaconst(1);
%pragma(java) jniclassimports="import gemma4.Gemma4Exception;"
%pragma(java) jniclasscode=%{
  static {
    NativeLibrary.load();
  }
%}
%pragma(java) moduleimports="import gemma4.Gemma4Exception;"
%pragma(java) moduleclassmodifiers="
/**
 * The C functions under their own names, one to one; the headers' comments say what they do. Handles
 * and structs are addresses, and nothing checks them: what C calls undefined crashes the process.
 * Use {@link gemma4.Model} and {@link gemma4.Session}; this class is for what they do not offer.
 */
public final class"
%pragma(java) modulecode=%{
  private Flat() {}
%}

/* The unsigned 64-bit numbers of the interface are sizes and counts; Java's long holds them. */
%apply long long { size_t, uint64_t, unsigned long long };

/* ---- Addresses ---- */

%typemap(jni) SWIGTYPE *, gemma4_address "jlong"
%typemap(jtype) SWIGTYPE *, gemma4_address "long"
%typemap(jstype) SWIGTYPE *, gemma4_address "long"
%typemap(in) SWIGTYPE *, gemma4_address %{ $1 = ($1_ltype)(intptr_t)$input; %}
%typemap(out) SWIGTYPE *, gemma4_address %{ $result = (jlong)(intptr_t)$1; %}
%typemap(argout) gemma4_address ""
%typemap(freearg) gemma4_address ""
%typemap(javain) SWIGTYPE *, gemma4_address "$javainput"
%typemap(javaout) SWIGTYPE *, gemma4_address { return $jnicall; }

/* ---- Arrays: the elements are used in place, or copied by the virtual machine ---- */

%define GEMMA4_ARRAY(CTYPE, JTYPE, JNITYPE, ELEMENTS)
%typemap(jni) CTYPE *, const CTYPE * "JNITYPE"
%typemap(jtype) CTYPE *, const CTYPE * "JTYPE[]"
%typemap(jstype) CTYPE *, const CTYPE * "JTYPE[]"
%typemap(javain) CTYPE *, const CTYPE * "$javainput"
%typemap(in) CTYPE *, const CTYPE * %{
  $1 = $input ? ($1_ltype)(*jenv)->Get##ELEMENTS##ArrayElements(jenv, $input, NULL) : NULL;
  if ($input && !$1) return $null; /* OutOfMemoryError is on its way */
%}
%typemap(argout) CTYPE * %{
  if ($1) (*jenv)->Release##ELEMENTS##ArrayElements(jenv, $input, (void *)$1, 0);
%}
%typemap(argout) const CTYPE * %{
  if ($1) (*jenv)->Release##ELEMENTS##ArrayElements(jenv, $input, (void *)$1, JNI_ABORT);
%}
%typemap(freearg) CTYPE *, const CTYPE * ""
%enddef

GEMMA4_ARRAY(int32_t, int, jintArray, Int)
GEMMA4_ARRAY(uint32_t, int, jintArray, Int)
GEMMA4_ARRAY(float, float, jfloatArray, Float)
GEMMA4_ARRAY(int16_t, short, jshortArray, Short)
GEMMA4_ARRAY(uint16_t, short, jshortArray, Short)
GEMMA4_ARRAY(int8_t, byte, jbyteArray, Byte)
GEMMA4_ARRAY(uint8_t, byte, jbyteArray, Byte)
GEMMA4_ARRAY(size_t, long, jlongArray, Long)
GEMMA4_ARRAY(int64_t, long, jlongArray, Long)
GEMMA4_ARRAY(uint64_t, long, jlongArray, Long)
GEMMA4_ARRAY(SWIGTYPE *, long, jlongArray, Long)
GEMMA4_ARRAY(void, byte, jbyteArray, Byte)
%apply uint8_t * { char * };
%apply const uint8_t * { const char *BYTES };
%apply SWIGTYPE ** { SWIGTYPE *const * };

/* ---- Text that ends with a NUL ---- */

%typemap(jni) const char *, gemma4_text "jbyteArray"
%typemap(jtype) const char *, gemma4_text "byte[]"
%typemap(jstype) const char *, gemma4_text "String"
%typemap(javain) const char * "NativeText.toUtf8($javainput)"
%typemap(in) const char * %{
  $1 = $input ? ($1_ltype)(*jenv)->GetByteArrayElements(jenv, $input, NULL) : NULL;
  if ($input && !$1) return $null;
%}
%typemap(argout) const char * %{
  if ($1) (*jenv)->ReleaseByteArrayElements(jenv, $input, (jbyte *)$1, JNI_ABORT);
%}
%typemap(freearg) const char * ""
%typemap(out) gemma4_text %{ $result = gemma4_java_bytes(jenv, $1, $1 ? strlen($1) : 0); %}
%typemap(javaout) gemma4_text { return NativeText.fromUtf8($jnicall); }

/* ---- Status ---- */

%typemap(jni) gemma4_status "void"
%typemap(jtype) gemma4_status "void"
%typemap(jstype) gemma4_status "void"
%typemap(out, null="") gemma4_status %{ gemma4_java_throw(jenv, gemma4_flat_error_of($1)); %}
%typemap(javaout) gemma4_status { $jnicall; }

%{
static jbyteArray gemma4_java_bytes(JNIEnv *env, const void *bytes, size_t size) {
  jbyteArray array;
  if (bytes == NULL) return NULL;
  array = (*env)->NewByteArray(env, (jsize)size);
  if (array != NULL) (*env)->SetByteArrayRegion(env, array, 0, (jsize)size, (const jbyte *)bytes);
  return array;
}

/* Throws Gemma4Exception.of(code, message), with the message as UTF-8: JNI's own strings are not.
 * Takes the error; NULL throws nothing. */
static void gemma4_java_throw(JNIEnv *env, gemma4_flat_error *error) {
  jclass type;
  jmethodID of;
  jobject exception;
  jbyteArray text;
  if (error == NULL) return;
  type = (*env)->FindClass(env, "gemma4/Gemma4Exception");
  of = type ? (*env)->GetStaticMethodID(env, type, "of", "(I[B)Lgemma4/Gemma4Exception;") : NULL;
  text = of ? gemma4_java_bytes(env, error->text, error->size) : NULL;
  exception = text ? (*env)->CallStaticObjectMethod(env, type, of, (jint)error->code, text) : NULL;
  gemma4_flat_error_free(error);
  if (!(*env)->ExceptionCheck(env) && exception) (*env)->Throw(env, (jthrowable)exception);
}

/*
 * Callbacks: userdata is a global reference to what was given to newReference(). They run on the
 * thread that called, so that it has an environment; gemma4.flat.Callbacks catches what is thrown.
 */
static JavaVM *gemma4_java_vm;
static jclass gemma4_java_callbacks;
static jmethodID gemma4_java_on_event, gemma4_java_on_progress, gemma4_java_read_at,
    gemma4_java_on_write, gemma4_java_on_read;

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
  JNIEnv *env = NULL;
  jclass type;
  (void)reserved;
  if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) return JNI_ERR;
  type = (*env)->FindClass(env, "gemma4/flat/Callbacks");
  if (type == NULL) return JNI_ERR;
  gemma4_java_vm = vm;
  gemma4_java_callbacks = (jclass)(*env)->NewGlobalRef(env, type);
  gemma4_java_on_event =
      (*env)->GetStaticMethodID(env, type, "event", "(Ljava/lang/Object;J)I");
  gemma4_java_on_progress =
      (*env)->GetStaticMethodID(env, type, "progress", "(Ljava/lang/Object;JJ)I");
  gemma4_java_read_at = (*env)->GetStaticMethodID(env, type, "readAt",
                                                  "(Ljava/lang/Object;JLjava/nio/ByteBuffer;)I");
  gemma4_java_on_write = (*env)->GetStaticMethodID(env, type, "write",
                                                   "(Ljava/lang/Object;Ljava/nio/ByteBuffer;)I");
  gemma4_java_on_read = (*env)->GetStaticMethodID(env, type, "read",
                                                  "(Ljava/lang/Object;Ljava/nio/ByteBuffer;)I");
  return gemma4_java_on_event && gemma4_java_on_progress && gemma4_java_read_at &&
                 gemma4_java_on_write && gemma4_java_on_read
             ? JNI_VERSION_1_8
             : JNI_ERR;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved) {
  JNIEnv *env = NULL;
  (void)reserved;
  if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) == JNI_OK)
    (*env)->DeleteGlobalRef(env, gemma4_java_callbacks);
}

/* Nothing may stay pending while C goes on; what Callbacks could not catch stops the call. */
static int gemma4_java_answer(JNIEnv *env, jint answer) {
  if (!(*env)->ExceptionCheck(env)) return (int)answer;
  (*env)->ExceptionClear(env);
  return 1;
}

static JNIEnv *gemma4_java_env(void) {
  JNIEnv *env = NULL;
  (*gemma4_java_vm)->GetEnv(gemma4_java_vm, (void **)&env, JNI_VERSION_1_8);
  return env;
}

static int gemma4_java_event(const gemma4_event *event, void *userdata) {
  JNIEnv *env = gemma4_java_env();
  if (env == NULL) return 1;
  return gemma4_java_answer(
      env, (*env)->CallStaticIntMethod(env, gemma4_java_callbacks, gemma4_java_on_event,
                                       (jobject)userdata, (jlong)(intptr_t)event));
}

static int gemma4_java_progress(uint64_t done_bytes, uint64_t total_bytes, void *userdata) {
  JNIEnv *env = gemma4_java_env();
  if (env == NULL) return 1;
  return gemma4_java_answer(
      env, (*env)->CallStaticIntMethod(env, gemma4_java_callbacks, gemma4_java_on_progress,
                                       (jobject)userdata, (jlong)done_bytes, (jlong)total_bytes));
}

/* `method` is given a direct buffer over memory that C owns, after an offset if it takes one. */
static int gemma4_java_bytes_call(void *userdata, jmethodID method, const uint64_t *offset,
                                  void *memory, size_t size_bytes) {
  JNIEnv *env = gemma4_java_env();
  jobject bytes;
  jint answer;
  if (env == NULL) return 1;
  bytes = (*env)->NewDirectByteBuffer(env, memory, (jlong)size_bytes);
  if (bytes == NULL) return gemma4_java_answer(env, 1);
  answer = offset != NULL
               ? (*env)->CallStaticIntMethod(env, gemma4_java_callbacks, method, (jobject)userdata,
                                             (jlong)*offset, bytes)
               : (*env)->CallStaticIntMethod(env, gemma4_java_callbacks, method, (jobject)userdata,
                                             bytes);
  answer = gemma4_java_answer(env, answer);
  (*env)->DeleteLocalRef(env, bytes);
  return answer;
}

static int gemma4_java_read_from(uint64_t offset, void *buffer, size_t size_bytes, void *userdata) {
  return gemma4_java_bytes_call(userdata, gemma4_java_read_at, &offset, buffer, size_bytes);
}

static int gemma4_java_write(const void *bytes, size_t size_bytes, void *userdata) {
  return gemma4_java_bytes_call(userdata, gemma4_java_on_write, NULL, (void *)bytes, size_bytes);
}

static int gemma4_java_read(void *bytes, size_t size_bytes, void *userdata) {
  return gemma4_java_bytes_call(userdata, gemma4_java_on_read, NULL, bytes, size_bytes);
}
%}

/* ---- What Java needs besides ---- */

%typemap(jni) jobject OBJECT "jobject"
%typemap(jtype) jobject OBJECT "Object"
%typemap(jstype) jobject OBJECT "Object"
%typemap(in) jobject OBJECT %{ $1 = $input; %}
%typemap(javain) jobject OBJECT "$javainput"
%typemap(in, numinputs=0) JNIEnv *env %{ $1 = jenv; %}
%typemap(jni) jbyteArray "jbyteArray"
%typemap(jtype) jbyteArray "byte[]"
%typemap(jstype) jbyteArray "byte[]"
%typemap(out) jbyteArray %{ $result = $1; %}
%typemap(javaout) jbyteArray { return $jnicall; }

%inline %{
/* A reference that keeps an object alive as a callback's userdata, until deleteReference(). */
static gemma4_address newReference(JNIEnv *env, jobject OBJECT) { return (*env)->NewGlobalRef(env, OBJECT); }
static void deleteReference(JNIEnv *env, gemma4_address address) {
  (*env)->DeleteGlobalRef(env, (jobject)address);
}
/* The functions to give to C: they call the object that userdata refers to (Callbacks). */
static gemma4_address eventCallback(void) { return (gemma4_address)(intptr_t)gemma4_java_event; }
static gemma4_address progressCallback(void) { return (gemma4_address)(intptr_t)gemma4_java_progress; }
static gemma4_address readAtCallback(void) {
  return (gemma4_address)(intptr_t)gemma4_java_read_from;
}
static gemma4_address writeCallback(void) { return (gemma4_address)(intptr_t)gemma4_java_write; }
static gemma4_address readCallback(void) { return (gemma4_address)(intptr_t)gemma4_java_read; }
/* Where a direct buffer's memory is. */
static gemma4_address bufferAddress(JNIEnv *env, jobject OBJECT) {
  return (*env)->GetDirectBufferAddress(env, OBJECT);
}
/* Copies of memory that C owns. */
static jbyteArray readBytes(JNIEnv *env, gemma4_address address, size_t size) {
  return gemma4_java_bytes(env, address, size);
}
static void readFloats(float *to, gemma4_address address, size_t count) {
  memcpy(to, address, count * sizeof(float));
}
static void readInts(int32_t *to, gemma4_address address, size_t count) {
  memcpy(to, address, count * sizeof(int32_t));
}
%}
