package gemma4;

import gemma4.flat.Flat;
import gemma4.flat.NativeText;
import java.util.List;
import java.util.function.LongConsumer;

/** What a session may be told. May be used for several. */
public final class SessionOptions {
  private @Nullable SamplerOptions sampler;
  private @Nullable int[] stopTokenIds;
  private int maxNewTokens;
  private KvType kvType = KvType.AUTO;
  private int maxContextTokens;
  private List<String> stopStrings = List.of();
  private int maxThoughtTokens;
  private boolean slides;
  private boolean logprobs;
  private int numTopLogprobs;

  /** All defaults. */
  public SessionOptions() {}

  /** How the next token is chosen; null: what the model's files say. */
  public SessionOptions sampler(@Nullable SamplerOptions sampler) {
    this.sampler = sampler;
    return this;
  }

  /**
   * Tokens that end a generation, in place of the model's own; null: the model's own, and in a turn
   * of a chat those with which a turn ends.
   */
  public SessionOptions stopTokenIds(@Nullable int... stopTokenIds) {
    this.stopTokenIds = stopTokenIds == null ? null : stopTokenIds.clone();
    return this;
  }

  /** Tokens of one generation, without its stop token; 0, the default: as many as fit. */
  public SessionOptions maxNewTokens(int maxNewTokens) {
    this.maxNewTokens = maxNewTokens;
    return this;
  }

  /** How keys and values are stored. */
  public SessionOptions kvType(KvType kvType) {
    this.kvType = kvType;
    return this;
  }

  /** Tokens that the session can hold; 0, the default: 4096, or what the model allows. */
  public SessionOptions maxContextTokens(int maxContextTokens) {
    this.maxContextTokens = maxContextTokens;
    return this;
  }

  /** Texts that end a generation; neither they nor what follows is told. */
  public SessionOptions stopStrings(String... stopStrings) {
    this.stopStrings = List.of(stopStrings);
    return this;
  }

  /** Tokens of one thought; then it is closed in the model's place. 0, the default: no limit. */
  public SessionOptions maxThoughtTokens(int maxThoughtTokens) {
    this.maxThoughtTokens = maxThoughtTokens;
    return this;
  }

  /**
   * When the context is full: true forgets the oldest turns, and an event tells; false, the default,
   * ends the generation.
   */
  public SessionOptions slides(boolean slides) {
    this.slides = slides;
    return this;
  }

  /**
   * Events tell how likely each token was, and this many of the likeliest in its place.
   *
   * @param numTop at most 20
   */
  public SessionOptions logprobs(int numTop) {
    this.logprobs = true;
    this.numTopLogprobs = numTop;
    return this;
  }

  /** Calls with native parameters made of these. */
  void call(LongConsumer call) {
    if (sampler == null) {
      call(0, call);
    } else {
      sampler.call(samplerParams -> call(samplerParams, call));
    }
  }

  private void call(long samplerParams, LongConsumer call) {
    long params = Flat.gemma4_session_params_alloc(1);
    try {
      Flat.gemma4_session_params_set_sampler(params, samplerParams);
      if (stopTokenIds != null) {
        Flat.gemma4_session_params_set_stop_token_ids(params, stopTokenIds, stopTokenIds.length);
      }
      Flat.gemma4_session_params_set_max_new_tokens(params, maxNewTokens);
      Flat.gemma4_session_params_set_kv_type(params, kvType.value);
      Flat.gemma4_session_params_set_max_context_tokens(params, maxContextTokens);
      if (!stopStrings.isEmpty()) {
        byte[] texts = NativeText.list(stopStrings);
        Flat.gemma4_session_params_set_stop_strings(
            params, texts, texts.length, stopStrings.size());
      }
      Flat.gemma4_session_params_set_max_thought_tokens(params, maxThoughtTokens);
      Flat.gemma4_session_params_set_context_full(
          params, slides ? Flat.GEMMA4_CONTEXT_SLIDE : Flat.GEMMA4_CONTEXT_STOP);
      Flat.gemma4_session_params_set_logprobs(params, logprobs ? 1 : 0);
      Flat.gemma4_session_params_set_num_top_logprobs(params, numTopLogprobs);
      call.accept(params);
    } finally {
      Flat.gemma4_session_params_free(params, 1);
    }
  }
}
