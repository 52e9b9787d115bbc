package gemma4;

import gemma4.flat.Flat;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A look at a checkpoint: its headers, no weights. May be used by any number of threads. */
public final class ModelInfo implements AutoCloseable {
  private final NativeHandle handle;

  private ModelInfo(long address, Object keptAlive) {
    handle =
        new NativeHandle(
            this,
            "model info",
            address,
            () -> {
              Flat.gemma4_model_info_free(address);
              java.lang.ref.Reference.reachabilityFence(keptAlive);
            });
  }

  /** Inspects a checkpoint folder or file, as {@link Model#load(Path)} takes it. */
  public static ModelInfo of(Path path) {
    long[] info = new long[1];
    Flat.gemma4_model_inspect(path.toString(), info);
    return new ModelInfo(info[0], path);
  }

  /** Inspects files in memory, as {@link Model#loadFiles} takes them. */
  public static ModelInfo ofFiles(Map<String, ByteBuffer> files) {
    long[] info = new long[1];
    try (MemoryFiles native_ = new MemoryFiles(files)) {
      Flat.gemma4_model_inspect_memory(native_.address, native_.numFiles, info);
      return new ModelInfo(info[0], native_.buffers);
    }
  }

  /** {@code "E2B"}, {@code "E4B"}, {@code "12B"}, {@code "26B-A4B"}, {@code "31B"}, {@code "custom"}. */
  public String variant() {
    try (NativeHandle.Use info = handle.use()) {
      return Flat.gemma4_model_info_variant(info.address);
    }
  }

  /** {@code "safetensors"}, {@code "gguf"} or {@code "packed"}. */
  public String format() {
    try (NativeHandle.Use info = handle.use()) {
      return Flat.gemma4_model_info_format(info.address);
    }
  }

  /** The longest context the model was made for, in tokens. */
  public int maxContextTokens() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_max_context_tokens(info.address));
    }
  }

  /** Token ids are in [0, vocabSize). */
  public int vocabSize() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_vocab_size(info.address));
    }
  }

  /** Numbers of one token's state. */
  public int hiddenSize() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_hidden_size(info.address));
    }
  }

  /** Layers of the decoder. */
  public int numLayers() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_num_layers(info.address));
    }
  }

  /** Layers that keep keys and values of their own. */
  public int numKvLayers() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_num_kv_layers(info.address));
    }
  }

  /** Positions that a sliding layer sees. */
  public int slidingWindow() {
    try (NativeHandle.Use info = handle.use()) {
      return Math.toIntExact(Flat.gemma4_model_info_sliding_window(info.address));
    }
  }

  /** Whether text can go in and out. */
  public boolean hasTokenizer() {
    try (NativeHandle.Use info = handle.use()) {
      return Flat.gemma4_model_info_has_tokenizer(info.address) != 0;
    }
  }

  /** The tensors of the files, by name. */
  public List<TensorInfo> tensors() {
    long tensor = Flat.gemma4_tensor_info_alloc(1);
    try (NativeHandle.Use info = handle.use()) {
      int numTensors = Math.toIntExact(Flat.gemma4_model_info_num_tensors(info.address));
      List<TensorInfo> tensors = new ArrayList<>(numTensors);
      for (int i = 0; i < numTensors; i++) {
        Flat.gemma4_model_info_tensor(info.address, i, tensor);
        tensors.add(new TensorInfo(tensor));
      }
      return tensors;
    } finally {
      Flat.gemma4_tensor_info_free(tensor, 1);
    }
  }

  /** What a load and one session would take. */
  public MemoryNeeds memoryNeeds(LoadOptions loadOptions, SessionOptions sessionOptions) {
    long needs = Flat.gemma4_memory_needs_alloc(1);
    long loadParams = loadOptions.newNative();
    try (NativeHandle.Use info = handle.use()) {
      sessionOptions.call(
          sessionParams ->
              Flat.gemma4_memory_estimate(info.address, loadParams, sessionParams, needs));
      return new MemoryNeeds(needs);
    } finally {
      Flat.gemma4_load_params_free(loadParams, 1);
      Flat.gemma4_memory_needs_free(needs, 1);
    }
  }

  @Override
  public void close() {
    handle.close();
  }
}
