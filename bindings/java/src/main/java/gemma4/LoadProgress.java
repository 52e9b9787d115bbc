package gemma4;

/** Hears how far a load is, on the loading thread. */
@FunctionalInterface
public interface LoadProgress {
  /**
   * A load may have parts, each of which counts from 0 to a total of its own. What this throws ends
   * the load, which then throws it.
   *
   * @param doneBytes weight bytes prepared so far
   * @param totalBytes weight bytes in all
   */
  void progress(long doneBytes, long totalBytes) throws Exception;
}
