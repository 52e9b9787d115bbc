package gemma4;

import gemma4.flat.Flat;

/** Which vector stands for several tokens. */
public enum Pooling {
  /** That of the last token, which has seen all the others. */
  LAST(Flat.GEMMA4_POOLING_LAST),
  /** The mean of all. */
  MEAN(Flat.GEMMA4_POOLING_MEAN);

  final int value;

  Pooling(int value) {
    this.value = value;
  }
}
