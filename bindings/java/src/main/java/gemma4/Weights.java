package gemma4;

/** How linear layers compute. */
public enum Weights {
  /** For each layer the fast arithmetic that fits its stored weights. */
  AUTO(0),
  /** int8 weights with one scale an output channel. */
  INT8(1),
  /** The reference: f32. Slow, four times the memory. */
  EXACT(2),
  /** int4 weights with one scale for each 32 inputs. */
  INT4(3),
  /** int4 weights with one scale an output channel: faster than INT4, and less exact. */
  INT4_ROWS(4),
  /** One that this version of the binding does not know. */
  UNKNOWN(-1);

  final int value;

  Weights(int value) {
    this.value = value;
  }

  static Weights of(int value) {
    for (Weights one : values()) {
      if (one.value == value) {
        return one;
      }
    }
    return UNKNOWN;
  }
}
