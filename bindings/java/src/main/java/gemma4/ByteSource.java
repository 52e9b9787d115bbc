package gemma4;

import java.nio.ByteBuffer;

/** Gives the bytes of a model file that is no file: an archive's, a network's. */
@FunctionalInterface
public interface ByteSource {
  /**
   * Fills the buffer, whole. Called on the loading thread, pieces in order. What this throws ends
   * the load, which then throws it.
   *
   * @param offset of the first byte in the model file
   * @param buffer valid during the call
   */
  void read(long offset, ByteBuffer buffer) throws Exception;
}
