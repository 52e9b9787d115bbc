package gemma4;

import gemma4.flat.Flat;
import gemma4.flat.NativeText;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A loaded checkpoint. Never changes: any number of threads and sessions may use it. A session goes
 * on working after its model was closed.
 *
 * <p>An interrupt of the loading thread ends a load with {@link ErrorCode#CANCELLED}; the thread
 * stays interrupted.
 */
public final class Model implements AutoCloseable {
  private final NativeHandle handle;
  private final Object keptAlive;

  private Model(long address, Object keptAlive) {
    this.keptAlive = keptAlive;
    handle =
        new NativeHandle(
            this,
            "model",
            address,
            () -> {
              Flat.gemma4_model_free(address);
              Reference.reachabilityFence(keptAlive);
            });
  }

  /** Loads a checkpoint folder, a GGUF file or a packed file, with all defaults. */
  public static Model load(Path path) {
    return load(path, new LoadOptions());
  }

  /** Loads a checkpoint folder, a GGUF file or a packed file. */
  public static Model load(Path path, LoadOptions options) {
    return load(path, options, new Cancellation());
  }

  private static Model load(Path path, LoadOptions options, Cancellation cancellation) {
    long[] model = new long[1];
    options.call(
        null,
        false,
        cancellation,
        (params, userdata) -> Flat.gemma4_model_load(path.toString(), params, model));
    return new Model(model[0], path);
  }

  /**
   * Loads on a thread of its own. Cancelling the future ends the load; the model of a load that was
   * cancelled too late is closed.
   */
  public static CompletableFuture<Model> loadAsync(Path path, LoadOptions options) {
    return CancellableFuture.start(
        "gemma4 load", cancellation -> load(path, options, cancellation), Model::close);
  }

  /**
   * Loads the files of a checkpoint folder that lie in memory. Direct buffers are used where they
   * are, and must not change while the model or one of its sessions lives; others are copied.
   *
   * @param files by their names: {@code "config.json"}, {@code "model.safetensors"}, ...
   */
  public static Model loadFiles(Map<String, ByteBuffer> files, LoadOptions options) {
    long[] model = new long[1];
    try (MemoryFiles native_ = new MemoryFiles(files)) {
      options.call(
          null,
          false,
          new Cancellation(),
          (params, userdata) ->
              Flat.gemma4_model_load_memory(native_.address, native_.numFiles, params, model));
      return new Model(model[0], native_.buffers);
    }
  }

  /**
   * Loads a GGUF or packed file that lies inside an open file, as an Android asset does.
   *
   * @param descriptor the number of the open file; not kept
   * @param offset where the model begins
   * @param sizeBytes of the model; 0: up to the end of the file
   */
  public static Model loadDescriptor(
      int descriptor, long offset, long sizeBytes, LoadOptions options) {
    long[] model = new long[1];
    options.call(
        null,
        false,
        new Cancellation(),
        (params, userdata) ->
            Flat.gemma4_model_load_descriptor(descriptor, offset, sizeBytes, params, model));
    return new Model(model[0], "");
  }

  /**
   * Loads a GGUF or packed file from wherever bytes come from. It is read whole into memory.
   *
   * @param sizeBytes of the whole file
   */
  public static Model loadSource(long sizeBytes, ByteSource source, LoadOptions options) {
    long[] model = new long[1];
    options.call(
        source,
        false,
        new Cancellation(),
        (params, userdata) ->
            Flat.gemma4_model_load_reader(
                sizeBytes, Flat.readAtCallback(), userdata, params, model));
    return new Model(model[0], "");
  }

  /**
   * Packs a checkpoint into one file, for this kind of CPU and this version of the library, which
   * loads in milliseconds. {@link LoadOptions#weights}, {@link LoadOptions#numThreads}, {@link
   * LoadOptions#threadPool} and {@link LoadOptions#progress} are used.
   */
  public static void pack(Path path, Path outPath, LoadOptions options) {
    options.call(
        null,
        false,
        new Cancellation(),
        (params, userdata) -> Flat.gemma4_model_pack(path.toString(), outPath.toString(), params));
  }

  /** Reads a packed file through and holds every part of it against its hash. */
  public static void verify(Path path) {
    Flat.gemma4_model_verify(path.toString());
  }

  /** Makes an empty session with all defaults. */
  public Session newSession() {
    return newSession(new SessionOptions());
  }

  /** Makes an empty session. */
  public Session newSession(SessionOptions options) {
    long[] session = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      options.call(params -> Flat.gemma4_session_create(model.address, params, session));
    }
    return new Session(session[0], keptAlive);
  }

  /** Turns text into token ids. */
  public int[] tokenize(String text, TextOption... options) {
    byte[] bytes = NativeText.bytes(text);
    // A text of n bytes gives at most n + 1 ids.
    int[] ids = new int[bytes.length + 1];
    long[] numIds = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      Flat.gemma4_model_tokenize(
          model.address, bytes, bytes.length, TextOption.flags(options), ids, ids.length, numIds);
    }
    return java.util.Arrays.copyOf(ids, (int) numIds[0]);
  }

  /** Turns token ids into text. For a stream of ids use a session's events. */
  public String detokenize(int... tokenIds) {
    long[] size = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      Flat.gemma4_model_detokenize(model.address, tokenIds, tokenIds.length, null, 0, size);
      byte[] bytes = new byte[Math.toIntExact(size[0])];
      Flat.gemma4_model_detokenize(
          model.address, tokenIds, tokenIds.length, bytes, bytes.length, size);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** Token ids are in [0, vocabSize). */
  public int vocabSize() {
    try (NativeHandle.Use model = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_vocab_size(model.address));
    }
  }

  /** The longest context the model was made for, in tokens. */
  public int maxContextTokens() {
    try (NativeHandle.Use model = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_max_context_tokens(model.address));
    }
  }

  /** Numbers of one token's state: the length of {@link Session#embed}. */
  public int hiddenSize() {
    try (NativeHandle.Use model = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_hidden_size(model.address));
    }
  }

  /**
   * The prompt of a whole conversation as token ids, as the model's published chat template gives
   * it.
   *
   * @param json a request as chat APIs take it: {@code "messages"}, {@code "tools"}, {@code
   *     "add_generation_prompt"}, {@code "enable_thinking"}
   */
  public int[] renderJsonIds(String json) {
    byte[] bytes = NativeText.bytes(json);
    long[] numIds = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      Flat.gemma4_model_render_json_ids(
          model.address, bytes, bytes.length, Flat.GEMMA4_CHAT_AUTO, null, 0, numIds);
      int[] ids = new int[Math.toIntExact(numIds[0])];
      Flat.gemma4_model_render_json_ids(
          model.address, bytes, bytes.length, Flat.GEMMA4_CHAT_AUTO, ids, ids.length, numIds);
      return ids;
    }
  }

  /** As {@link #renderJsonIds}, as text, in which content cannot be told from control tokens. */
  public String renderJson(String json) {
    byte[] bytes = NativeText.bytes(json);
    long[] size = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      Flat.gemma4_model_render_json(
          model.address, bytes, bytes.length, Flat.GEMMA4_CHAT_AUTO, null, 0, size);
      byte[] text = new byte[Math.toIntExact(size[0])];
      Flat.gemma4_model_render_json(
          model.address, bytes, bytes.length, Flat.GEMMA4_CHAT_AUTO, text, text.length, size);
      return new String(text, StandardCharsets.UTF_8);
    }
  }

  /** {@code "E2B"}, {@code "E4B"}, {@code "12B"}, {@code "26B-A4B"}, {@code "31B"}, {@code "custom"}. */
  public String variant() {
    try (NativeHandle.Use model = handle.use()) {
      return Flat.gemma4_model_variant(model.address);
    }
  }

  /** {@code "safetensors"}, {@code "gguf"} or {@code "packed"}. */
  public String format() {
    try (NativeHandle.Use model = handle.use()) {
      return Flat.gemma4_model_format(model.address);
    }
  }

  /** How most of its weights compute. */
  public Weights weights() {
    try (NativeHandle.Use model = handle.use()) {
      return Weights.of(Flat.gemma4_model_weights(model.address));
    }
  }

  /** Threads that compute, the caller's included. */
  public int numThreads() {
    try (NativeHandle.Use model = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_num_threads(model.address));
    }
  }

  /** Tokens of one forward pass of a prompt. */
  public int prefillChunkTokens() {
    try (NativeHandle.Use model = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_prefill_chunk_tokens(model.address));
    }
  }

  /** Whether text can go in and out; without a tokenizer, only token ids can. */
  public boolean hasTokenizer() {
    try (NativeHandle.Use model = handle.use()) {
      return Flat.gemma4_model_has_tokenizer(model.address) != 0;
    }
  }

  /** The token that begins every sequence. */
  public int bosTokenId() {
    try (NativeHandle.Use model = handle.use()) {
      return Flat.gemma4_model_bos_token_id(model.address);
    }
  }

  /** Tokens that end a generation, from the checkpoint. */
  public int[] stopTokenIds() {
    long[] numIds = new long[1];
    try (NativeHandle.Use model = handle.use()) {
      long address = Flat.gemma4_model_stop_token_ids(model.address, numIds);
      int[] ids = new int[Math.toIntExact(numIds[0])];
      if (ids.length > 0) {
        Flat.readInts(ids, address, ids.length);
      }
      return ids;
    }
  }

  /** Version of the native library: {@code "0.1.0"}. */
  public static String libraryVersion() {
    return Flat.gemma4_version();
  }

  /** One line for bug reports: version, compiler, architecture. */
  public static String libraryBuildInfo() {
    return Flat.gemma4_build_info();
  }

  /** Whether the native library has a feature: {@code "gguf"}, {@code "time_budget"}, ... */
  public static boolean libraryHasFeature(String name) {
    return Flat.gemma4_has_feature(name) != 0;
  }

  /** Gives the model back. Sessions that were made from it keep what they need. */
  @Override
  public void close() {
    handle.close();
  }
}
