package gemma4;

import gemma4.flat.Callbacks;
import gemma4.flat.Flat;
import java.nio.file.Path;

/** What a load may be told. Not kept after the load; may be used for several. */
public final class LoadOptions {
  private Weights weights = Weights.AUTO;
  private int numThreads;
  private @Nullable ThreadPool threadPool;
  private int prefillChunkTokens;
  private @Nullable Path cacheFolder;
  private long memoryBudgetBytes;
  private @Nullable LoadProgress progress;

  /** All defaults. */
  public LoadOptions() {}

  /** How linear layers compute; {@link Weights#AUTO} by default. */
  public LoadOptions weights(Weights weights) {
    this.weights = weights;
    return this;
  }

  /** Threads that compute, the caller's included; 0, the default: one for each physical core. */
  public LoadOptions numThreads(int numThreads) {
    this.numThreads = numThreads;
    return this;
  }

  /**
   * Threads that other models compute on, too; {@link #numThreads} must then be 0. {@code null}, the
   * default: the model makes its own.
   */
  public LoadOptions threadPool(@Nullable ThreadPool threadPool) {
    this.threadPool = threadPool;
    return this;
  }

  /** Tokens of one forward pass of a prompt; 0, the default: 512. */
  public LoadOptions prefillChunkTokens(int prefillChunkTokens) {
    this.prefillChunkTokens = prefillChunkTokens;
    return this;
  }

  /** A folder that exists, for packed weights: the second load takes milliseconds. */
  public LoadOptions cacheFolder(@Nullable Path cacheFolder) {
    this.cacheFolder = cacheFolder;
    return this;
  }

  /** What the model and its sessions may take together; 0, the default: no limit. */
  public LoadOptions memoryBudgetBytes(long memoryBudgetBytes) {
    this.memoryBudgetBytes = memoryBudgetBytes;
    return this;
  }

  /** Who hears how far the load is. */
  public LoadOptions progress(@Nullable LoadProgress progress) {
    this.progress = progress;
    return this;
  }

  /** A load as the library takes it. */
  interface Call {
    /**
     * @param params of the load
     * @param userdata of callbacks
     */
    void run(long params, long userdata);
  }

  /** Makes native parameters of these, a cancel flag that an interrupt sets, and calls. */
  void call(@Nullable ByteSource source, boolean copyFiles, Cancellation cancellation, Call call) {
    Callbacks callbacks = new LoadCallbacks(progress, source);
    long userdata = Flat.newReference(callbacks);
    long params = newNative();
    try (NativeHandle.Use pool = threadPool != null ? threadPool.use() : null) {
      if (pool != null) {
        Flat.gemma4_load_params_set_thread_pool(params, pool.address);
      }
      Flat.gemma4_load_params_set_copy_files(params, copyFiles ? 1 : 0);
      if (progress != null) {
        Flat.gemma4_load_params_set_progress(params, Flat.progressCallback());
        Flat.gemma4_load_params_set_progress_userdata(params, userdata);
      }
      cancellation.during(
          cancel -> {
            Flat.gemma4_load_params_set_cancel(params, cancel);
            call.run(params, userdata);
          });
    } catch (Gemma4Exception e) {
      callbacks.rethrow();
      throw e;
    } finally {
      Flat.gemma4_load_params_free(params, 1);
      Flat.deleteReference(userdata);
    }
  }

  /** To be freed with gemma4_load_params_free(). */
  long newNative() {
    long params = Flat.gemma4_load_params_alloc(1);
    Flat.gemma4_load_params_set_weights(params, weights.value);
    Flat.gemma4_load_params_set_num_threads(params, numThreads);
    Flat.gemma4_load_params_set_prefill_chunk_tokens(params, prefillChunkTokens);
    if (cacheFolder != null) {
      Flat.gemma4_load_params_set_cache_folder(params, cacheFolder.toString());
    }
    Flat.gemma4_load_params_set_memory_budget_bytes(params, memoryBudgetBytes);
    return params;
  }

  private static final class LoadCallbacks extends Callbacks {
    private final @Nullable LoadProgress progress;
    private final @Nullable ByteSource source;

    LoadCallbacks(@Nullable LoadProgress progress, @Nullable ByteSource source) {
      this.progress = progress;
      this.source = source;
    }

    @Override
    protected void onProgress(long doneBytes, long totalBytes) throws Exception {
      progress.progress(doneBytes, totalBytes);
    }

    @Override
    protected void onReadAt(long offset, java.nio.ByteBuffer buffer) throws Exception {
      source.read(offset, buffer);
      if (buffer.hasRemaining()) {
        throw new java.io.EOFException(
            "the source left " + buffer.remaining() + " bytes of the buffer at offset " + offset);
      }
    }
  }
}
