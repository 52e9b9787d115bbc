package gemma4;

/** How a session stores keys and values. */
public enum KvType {
  /** f16; f32 where the model computes with {@link Weights#EXACT}. */
  AUTO(0),
  /** f32. */
  F32(1),
  /** f16. */
  F16(2),
  /** int8: half of f16. */
  INT8(3);

  final int value;

  KvType(int value) {
    this.value = value;
  }
}
