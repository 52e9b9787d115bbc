package gemma4;

import gemma4.flat.Flat;

/** One tensor of a checkpoint. */
public final class TensorInfo {
  /** What the decoder does with a tensor. */
  public enum Use {
    /** It computes with it. */
    USED,
    /** Nothing: it is of the vision or audio part. */
    SET_ASIDE,
    /** Nothing: it is in the files and never computed with. */
    DEAD,
    /** One that this version of the binding does not know. */
    UNKNOWN
  }

  private final String name;
  private final String type;
  private final String shape;
  private final String role;
  private final long numElements;
  private final long sizeBytes;
  private final Use use;
  private final int layer;

  TensorInfo(long tensor) {
    name = Flat.gemma4_tensor_info_get_name(tensor);
    type = Flat.gemma4_tensor_info_get_type(tensor);
    shape = Flat.gemma4_tensor_info_get_shape(tensor);
    role = Flat.gemma4_tensor_info_get_role(tensor);
    numElements = Flat.gemma4_tensor_info_get_num_elements(tensor);
    sizeBytes = Flat.gemma4_tensor_info_get_size_bytes(tensor);
    int value = Flat.gemma4_tensor_info_get_use(tensor);
    use = value >= 0 && value < Use.UNKNOWN.ordinal() ? Use.values()[value] : Use.UNKNOWN;
    layer = Flat.gemma4_tensor_info_get_layer(tensor);
  }

  /** Its name in the files. */
  public String name() {
    return name;
  }

  /** How its numbers are stored: {@code "BF16"}. */
  public String type() {
    return type;
  }

  /** {@code "[2048, 1536]"}, outermost first. */
  public String shape() {
    return shape;
  }

  /** {@code "q_proj"}; empty if it is not used. */
  public String role() {
    return role;
  }

  /** How many numbers it has. */
  public long numElements() {
    return numElements;
  }

  /** What it takes in the files. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** What the decoder does with it. */
  public Use use() {
    return use;
  }

  /** The layer it belongs to; -1 if to none. */
  public int layer() {
    return layer;
  }
}
