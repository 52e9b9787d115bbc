package gemma4;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** A future whose cancel() also ends the native call behind it. */
final class CancellableFuture<T> extends CompletableFuture<T> {
  private final Cancellation cancellation = new Cancellation();

  private CancellableFuture() {}

  /**
   * Runs a task on a daemon thread of its own: it blocks for seconds, which shared pools are not
   * made for.
   *
   * @param tooLate is given the result when the future was completed before the task was
   */
  static <T> CancellableFuture<T> start(
      String threadName, Function<Cancellation, T> task, Consumer<T> tooLate) {
    CancellableFuture<T> future = new CancellableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                T result = task.apply(future.cancellation);
                if (!future.complete(result)) {
                  tooLate.accept(result);
                }
              } catch (Throwable t) {
                if (t instanceof Gemma4Exception
                    && ((Gemma4Exception) t).code() == ErrorCode.CANCELLED) {
                  CancellationException cancelled = new CancellationException(t.getMessage());
                  cancelled.initCause(t);
                  future.completeExceptionally(cancelled);
                } else {
                  future.completeExceptionally(t);
                }
              }
            },
            threadName);
    thread.setDaemon(true);
    thread.start();
    return future;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    cancellation.cancel();
    return super.cancel(mayInterruptIfRunning);
  }
}
