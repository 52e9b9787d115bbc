package gemma4;

import java.nio.charset.StandardCharsets;

/** A call of the library failed. The message names the thing, the value found and the one allowed. */
public class Gemma4Exception extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The number of the status code. */
  private final int value;

  /** An exception with a status code, as in C, and a message. */
  public Gemma4Exception(int value, String message) {
    super(message);
    this.value = value;
  }

  /** Why the call failed. */
  public ErrorCode code() {
    return ErrorCode.of(value);
  }

  /** The number of the status code, as in C. */
  public int value() {
    return value;
  }

  // Called by the native layer, by this name.
  private static Gemma4Exception of(int value, byte[] message) {
    return new Gemma4Exception(value, new String(message, StandardCharsets.UTF_8));
  }
}
