package gemma4;

import gemma4.flat.Flat;

/** How likely the model thought a token. */
public final class TokenLogprob {
  private final int tokenId;
  private final float logprob;

  TokenLogprob(long native_) {
    tokenId = Flat.gemma4_token_logprob_get_token_id(native_);
    logprob = Flat.gemma4_token_logprob_get_logprob(native_);
  }

  /** The token. */
  public int tokenId() {
    return tokenId;
  }

  /** The natural logarithm of its probability. */
  public float logprob() {
    return logprob;
  }
}
