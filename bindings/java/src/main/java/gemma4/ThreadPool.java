package gemma4;

import gemma4.flat.Flat;

/**
 * Threads that several models compute on, given to their loads by {@link LoadOptions#threadPool}.
 * The models take turns, so that together they keep no more threads busy than one of them would. A
 * model goes on working after its pool was closed; the threads end with whichever is closed last.
 */
public final class ThreadPool implements AutoCloseable {
  private final NativeHandle handle;

  /** One thread for each physical core. */
  public ThreadPool() {
    this(0);
  }

  /**
   * Starts threads, which sleep until a model computes.
   *
   * @param numThreads that compute, the caller's included; 0: one for each physical core
   */
  public ThreadPool(int numThreads) {
    long[] pool = new long[1];
    Flat.gemma4_thread_pool_create(numThreads, pool);
    long address = pool[0];
    handle =
        new NativeHandle(this, "thread pool", address, () -> Flat.gemma4_thread_pool_free(address));
  }

  /** Threads that compute, the caller's included. */
  public int numThreads() {
    try (NativeHandle.Use pool = handle.use()) {
      return Math.toIntExact(Flat.gemma4_thread_pool_num_threads(pool.address));
    }
  }

  /** One use of the pool, for a load. */
  NativeHandle.Use use() {
    return handle.use();
  }

  /** Gives the pool back. Models that were loaded with it keep its threads. */
  @Override
  public void close() {
    handle.close();
  }
}
