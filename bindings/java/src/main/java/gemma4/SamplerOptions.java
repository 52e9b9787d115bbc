package gemma4;

import gemma4.flat.Flat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * How the next token is chosen. What is not set is what the model's files say. The same seed gives
 * the same tokens on every platform.
 */
public final class SamplerOptions {
  private long seed;
  private float temperature = -1;
  private float topP = -1;
  private long topK = -1;
  private float minP;
  private float repetitionPenalty;
  private float frequencyPenalty;
  private float presencePenalty;
  private int penaltyWindow;
  private Map<Integer, Float> logitBias = Map.of();
  private int[] bannedTokenIds = {};
  private @Nullable String jsonSchema;
  private @Nullable String grammar;
  private boolean requiresToolCall;

  /** What the model's files say. */
  public SamplerOptions() {}

  /** Always the token of the largest logit. */
  public static SamplerOptions greedy() {
    return new SamplerOptions().temperature(0);
  }

  /** Of the random draws; an unsigned number. */
  public SamplerOptions seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** 0: always the largest logit. Negative: what the model's files say. */
  public SamplerOptions temperature(float temperature) {
    this.temperature = temperature;
    return this;
  }

  /** At most 1, and 1 keeps all. Negative: what the model's files say. */
  public SamplerOptions topP(float topP) {
    this.topP = topP;
    return this;
  }

  /** 0 keeps all. Negative: what the model's files say. */
  public SamplerOptions topK(long topK) {
    this.topK = topK;
    return this;
  }

  /** In [0, 1]: tokens less likely than this part of the likeliest go; 0, the default, keeps all. */
  public SamplerOptions minP(float minP) {
    this.minP = minP;
    return this;
  }

  /** Above 1 makes what is there already less likely, below 1 likelier; 0, the default: off. */
  public SamplerOptions repetitionPenalty(float repetitionPenalty) {
    this.repetitionPenalty = repetitionPenalty;
    return this;
  }

  /** Taken from a token's logit for each time it was made; 0, the default: off. */
  public SamplerOptions frequencyPenalty(float frequencyPenalty) {
    this.frequencyPenalty = frequencyPenalty;
    return this;
  }

  /** Taken from a token's logit if it was made at all; 0, the default: off. */
  public SamplerOptions presencePenalty(float presencePenalty) {
    this.presencePenalty = presencePenalty;
    return this;
  }

  /** How many of the sequence's last tokens the penalties look at; 0, the default: all. */
  public SamplerOptions penaltyWindow(int penaltyWindow) {
    this.penaltyWindow = penaltyWindow;
    return this;
  }

  /** Token ids to what is added to their logits; negative infinity bans one. */
  public SamplerOptions logitBias(Map<Integer, Float> logitBias) {
    this.logitBias = new LinkedHashMap<>(logitBias);
    return this;
  }

  /** Tokens that are never chosen, beside those of the model's own files. */
  public SamplerOptions bannedTokenIds(int... bannedTokenIds) {
    this.bannedTokenIds = bannedTokenIds.clone();
    return this;
  }

  /**
   * The reply is one document that is valid by this JSON schema, whatever the model would rather
   * say. At most one of this and the next two.
   */
  public SamplerOptions jsonSchema(@Nullable String jsonSchema) {
    this.jsonSchema = jsonSchema;
    return this;
  }

  /** The reply is what the rule {@code root} of this grammar (GBNF) produces. */
  public SamplerOptions grammar(@Nullable String grammar) {
    this.grammar = grammar;
    return this;
  }

  /** The reply is a call of one of the session's tools. */
  public SamplerOptions requiresToolCall(boolean requiresToolCall) {
    this.requiresToolCall = requiresToolCall;
    return this;
  }

  /** Calls with native parameters made of these. */
  void call(LongConsumer call) {
    long params = Flat.gemma4_sampler_params_alloc(1);
    long biases = Flat.gemma4_logit_bias_alloc(logitBias.size());
    try {
      Flat.gemma4_sampler_params_set_seed(params, seed);
      Flat.gemma4_sampler_params_set_temperature(params, temperature);
      Flat.gemma4_sampler_params_set_top_p(params, topP);
      Flat.gemma4_sampler_params_set_top_k(params, topK);
      Flat.gemma4_sampler_params_set_min_p(params, minP);
      Flat.gemma4_sampler_params_set_repetition_penalty(params, repetitionPenalty);
      Flat.gemma4_sampler_params_set_frequency_penalty(params, frequencyPenalty);
      Flat.gemma4_sampler_params_set_presence_penalty(params, presencePenalty);
      Flat.gemma4_sampler_params_set_penalty_window(params, penaltyWindow);
      int i = 0;
      for (Map.Entry<Integer, Float> bias : logitBias.entrySet()) {
        long one = Flat.gemma4_logit_bias_at(biases, i++);
        Flat.gemma4_logit_bias_set_token_id(one, bias.getKey());
        Flat.gemma4_logit_bias_set_bias(one, bias.getValue());
      }
      Flat.gemma4_sampler_params_set_logit_bias(params, biases);
      Flat.gemma4_sampler_params_set_num_logit_biases(params, logitBias.size());
      Flat.gemma4_sampler_params_set_banned_token_ids(
          params, bannedTokenIds, bannedTokenIds.length);
      Flat.gemma4_sampler_params_set_json_schema(params, jsonSchema);
      Flat.gemma4_sampler_params_set_grammar(params, grammar);
      Flat.gemma4_sampler_params_set_requires_tool_call(params, requiresToolCall ? 1 : 0);
      call.accept(params);
    } finally {
      Flat.gemma4_logit_bias_free(biases, logitBias.size());
      Flat.gemma4_sampler_params_free(params, 1);
    }
  }
}
