package gemma4;

import gemma4.flat.Flat;
import java.util.function.LongConsumer;

/** A native cancel flag for calls that may take long; other threads may set it at any time. */
final class Cancellation {
  private long flag; // 0 while no call runs
  private boolean cancelled;

  /** Runs a call with a flag that {@link #cancel} and an interrupt of this thread set. */
  void during(LongConsumer call) {
    long[] created = new long[1];
    Flat.gemma4_cancel_create(created);
    try {
      synchronized (this) {
        flag = created[0];
        if (cancelled) {
          Flat.gemma4_cancel_set(flag);
        }
      }
      InterruptWatch watch = new InterruptWatch(created[0]);
      try {
        call.accept(created[0]);
      } finally {
        watch.stop();
      }
    } finally {
      synchronized (this) {
        flag = 0;
      }
      Flat.gemma4_cancel_free(created[0]);
    }
  }

  /** Ends the call that runs, and every later one. */
  synchronized void cancel() {
    cancelled = true;
    if (flag != 0) {
      Flat.gemma4_cancel_set(flag);
    }
  }

  synchronized boolean isCancelled() {
    return cancelled;
  }
}
