package gemma4.flat;

import gemma4.Nullable;
import java.nio.ByteBuffer;

/**
 * What C calls back: override what is needed and give {@link Flat#newReference} of the object as
 * userdata, with {@link Flat#eventCallback}, {@link Flat#progressCallback}, {@link
 * Flat#readAtCallback}, {@link Flat#writeCallback} or {@link Flat#readCallback} as the function. What a method throws ends the C call; it is kept, and {@link
 * #rethrow} throws it once that call has returned. Nothing thrown crosses C.
 */
public class Callbacks {
  private @Nullable Throwable thrown;

  /** Makes callbacks that do nothing. */
  public Callbacks() {}

  /** One event of a generation; its address is valid during the call. Returns false to stop. */
  protected boolean onEvent(long event) throws Exception {
    return true;
  }

  /** How far a load is. */
  protected void onProgress(long doneBytes, long totalBytes) throws Exception {}

  /** Fills the buffer with the bytes from the offset on. */
  protected void onReadAt(long offset, ByteBuffer buffer) throws Exception {
    throw new UnsupportedOperationException("onReadAt");
  }

  /** Takes the next bytes. */
  protected void onWrite(ByteBuffer bytes) throws Exception {
    throw new UnsupportedOperationException("onWrite");
  }

  /** Fills the buffer with the next bytes. */
  protected void onRead(ByteBuffer buffer) throws Exception {
    throw new UnsupportedOperationException("onRead");
  }

  /** Throws what a callback threw, if one did. */
  public final void rethrow() {
    if (thrown != null) {
      Callbacks.<RuntimeException>sneak(thrown);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }

  private interface Call {
    boolean run() throws Exception;
  }

  private int answer(Call call) {
    try {
      return call.run() ? 0 : 1;
    } catch (Throwable t) {
      thrown = t;
      return 1;
    }
  }

  // Called by the native layer, by these names.

  private static int event(Object callbacks, long event) {
    Callbacks self = (Callbacks) callbacks;
    return self.answer(() -> self.onEvent(event));
  }

  private static int progress(Object callbacks, long doneBytes, long totalBytes) {
    Callbacks self = (Callbacks) callbacks;
    return self.answer(
        () -> {
          self.onProgress(doneBytes, totalBytes);
          return true;
        });
  }

  private static int readAt(Object callbacks, long offset, ByteBuffer buffer) {
    Callbacks self = (Callbacks) callbacks;
    return self.answer(
        () -> {
          self.onReadAt(offset, buffer);
          return !buffer.hasRemaining();
        });
  }

  private static int write(Object callbacks, ByteBuffer bytes) {
    Callbacks self = (Callbacks) callbacks;
    return self.answer(
        () -> {
          self.onWrite(bytes);
          return true;
        });
  }

  private static int read(Object callbacks, ByteBuffer buffer) {
    Callbacks self = (Callbacks) callbacks;
    return self.answer(
        () -> {
          self.onRead(buffer);
          return !buffer.hasRemaining();
        });
  }
}
