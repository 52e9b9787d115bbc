package gemma4;

/** Why a call failed: the library's status codes. */
public enum ErrorCode {
  /** An argument outside what is allowed. */
  INVALID_ARGUMENT(1),
  /** Text that is not UTF-8: in Java, half a surrogate pair. */
  INVALID_UTF8(2),
  /** The native memory is exhausted. */
  OUT_OF_MEMORY(3),
  /** {@link LoadOptions#memoryBudgetBytes} would have been exceeded. */
  MEMORY_BUDGET(4),
  /** There is no such file. */
  NOT_FOUND(5),
  /** A file cannot be read or written. */
  IO(6),
  /** A file contradicts its format or itself. */
  CORRUPT(7),
  /** A model, a format or a request that this version does not know. */
  UNSUPPORTED(8),
  /** The CPU lacks instructions that the library was built for. */
  UNSUPPORTED_CPU(9),
  /** The session has no room for it. */
  CONTEXT_FULL(10),
  /** By an interrupt, a future's cancel() or {@link Session#cancel}. */
  CANCELLED(11),
  /** By a callback. */
  STOPPED(12),
  /** Another thread is using the session. */
  BUSY(13),
  /** The call does not fit what was done before. */
  STATE(14),
  /** A fault of the library. Please report it. */
  INTERNAL(15),
  /** A code that this version of the binding does not know; {@link Gemma4Exception#value} has it. */
  UNKNOWN(-1);

  private final int value;

  ErrorCode(int value) {
    this.value = value;
  }

  /** The number, as in C. */
  public int value() {
    return value;
  }

  static ErrorCode of(int value) {
    for (ErrorCode code : values()) {
      if (code.value == value) {
        return code;
      }
    }
    return UNKNOWN;
  }
}
