package gemma4;

import gemma4.flat.Flat;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.spi.AbstractInterruptibleChannel;

/**
 * Sets a native cancel flag when the thread that began it is interrupted. A channel is the one
 * thing that the virtual machine tells of an interrupt while its thread is in native code.
 */
final class InterruptWatch extends AbstractInterruptibleChannel {
  private final long cancel;

  InterruptWatch(long cancel) {
    this.cancel = cancel;
    begin();
  }

  /** On the interrupting thread; end() waits for it. */
  @Override
  protected void implCloseChannel() {
    Flat.gemma4_cancel_set(cancel);
  }

  /** After this the flag is not touched any more. The thread stays interrupted if it was. */
  void stop() {
    try {
      end(true);
    } catch (ClosedByInterruptException interrupted) {
      // The native call has answered already.
    } catch (java.nio.channels.AsynchronousCloseException unreachable) {
      throw new AssertionError(unreachable);
    }
  }
}
