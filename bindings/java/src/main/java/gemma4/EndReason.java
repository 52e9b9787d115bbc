package gemma4;

/** Why a generation is over. */
public enum EndReason {
  /** It is not. */
  NONE(0),
  /** The model made a stop token. */
  STOP_TOKEN(1),
  /** {@link SessionOptions#maxNewTokens} were made. Generating again goes on. */
  MAX_TOKENS(2),
  /** The context has no room for another token. */
  CONTEXT_FULL(3),
  /** One of {@link SessionOptions#stopStrings} was made. */
  STOP_STRING(4),
  /** The model waits for the tools that it called: {@link Session#addToolResult}. */
  TOOL_CALLS(5),
  /** A constrained reply is complete, and the session has no stop token that could say so. */
  COMPLETE(6),
  /** One that this version of the binding does not know. */
  UNKNOWN(-1);

  final int value;

  EndReason(int value) {
    this.value = value;
  }

  static EndReason of(int value) {
    for (EndReason one : values()) {
      if (one.value == value) {
        return one;
      }
    }
    return UNKNOWN;
  }
}
