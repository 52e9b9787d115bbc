package gemma4;

import java.lang.ref.Cleaner;

/**
 * A native object that is freed once: when its owner is closed or collected, and no call is using
 * it any more.
 */
final class NativeHandle implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final State state;
  private final Cleaner.Cleanable cleanable;

  /**
   * @param owner what the user holds; once it is unreachable, the object is freed
   * @param name for messages: "session"
   * @param free frees the object; must not refer to the owner
   */
  NativeHandle(Object owner, String name, long address, Runnable free) {
    state = new State(name, address, free);
    cleanable = CLEANER.register(owner, state);
  }

  /** One use of the object, which keeps it from being freed until it is closed. */
  final class Use implements AutoCloseable {
    final long address = state.acquire();

    @Override
    public void close() {
      state.release();
    }
  }

  /**
   * @throws IllegalStateException if the owner was closed
   */
  Use use() {
    return new Use();
  }

  boolean isClosed() {
    return state.isClosed();
  }

  @Override
  public void close() {
    cleanable.clean();
  }

  private static final class State implements Runnable {
    private final String name;
    private final long address;
    private final Runnable free;
    private int numUses;
    private boolean closed;

    State(String name, long address, Runnable free) {
      this.name = name;
      this.address = address;
      this.free = free;
    }

    synchronized long acquire() {
      if (closed) {
        throw new IllegalStateException("this " + name + " is closed");
      }
      numUses++;
      return address;
    }

    void release() {
      boolean last;
      synchronized (this) {
        numUses--;
        last = closed && numUses == 0;
      }
      if (last) {
        free.run();
      }
    }

    synchronized boolean isClosed() {
      return closed;
    }

    /** Once, by close() or by the cleaner. */
    @Override
    public void run() {
      boolean unused;
      synchronized (this) {
        closed = true;
        unused = numUses == 0;
      }
      if (unused) {
        free.run();
      }
    }
  }
}
