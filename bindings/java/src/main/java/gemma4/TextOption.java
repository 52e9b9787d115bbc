package gemma4;

/** How text becomes token ids. */
public enum TextOption {
  /** Begins with {@code <bos>}, unless the ids do anyway. In a session only where nothing precedes. */
  ADD_BOS(1),
  /** Names of control tokens in the text become those tokens. Never for text that somebody else wrote. */
  PARSE_SPECIAL(2);

  final int value;

  TextOption(int value) {
    this.value = value;
  }

  static long flags(TextOption... options) {
    long flags = 0;
    for (TextOption option : options) {
      flags |= option.value;
    }
    return flags;
  }
}
