using System;
using System.Collections.Generic;

namespace Gemma4
{
    /// <summary>How linear layers compute.</summary>
    public enum Weights
    {
        /// <summary>For each layer the fast arithmetic that fits its stored weights.</summary>
        Auto = 0,
        /// <summary>int8 weights with one scale an output channel.</summary>
        Int8 = 1,
        /// <summary>The reference: f32. Slow, four times the memory.</summary>
        Exact = 2,
        /// <summary>int4 weights with one scale for each 32 inputs.</summary>
        Int4 = 3,
        /// <summary>int4 weights with one scale an output channel: faster than Int4, less exact.</summary>
        Int4Rows = 4
    }

    /// <summary>How a session stores keys and values.</summary>
    public enum KvType
    {
        /// <summary>f16; f32 where the model computes with Weights.Exact.</summary>
        Auto = 0,
        /// <summary>f32.</summary>
        F32 = 1,
        /// <summary>f16.</summary>
        F16 = 2,
        /// <summary>int8: half of f16.</summary>
        Int8 = 3
    }

    /// <summary>How text becomes token ids.</summary>
    [Flags]
    public enum TextOptions
    {
        /// <summary>The text is data, nothing is added.</summary>
        None = 0,
        /// <summary>
        /// Begins with &lt;bos&gt;, unless the ids do anyway. In a session only where nothing precedes.
        /// </summary>
        AddBos = 1,
        /// <summary>
        /// Names of control tokens in the text become those tokens. Never for text that somebody else
        /// wrote.
        /// </summary>
        ParseSpecial = 2
    }

    /// <summary>What a load may be told. Not kept after the load; may be used for several.</summary>
    public sealed class LoadOptions
    {
        /// <summary>How linear layers compute.</summary>
        public Weights Weights { get; set; }

        /// <summary>Threads that compute, the caller's included; 0: one for each physical core.</summary>
        public int NumThreads { get; set; }

        /// <summary>
        /// Threads that other models compute on, too; NumThreads must then be 0. null: the model's own.
        /// </summary>
        public ModelThreadPool ThreadPool { get; set; }

        /// <summary>Tokens of one forward pass of a prompt; 0: 512.</summary>
        public int PrefillChunkTokens { get; set; }

        /// <summary>
        /// A folder that exists, for packed weights: the second load takes milliseconds. null: none.
        /// </summary>
        public string CacheFolder { get; set; }

        /// <summary>What the model and its sessions may take together; 0: no limit.</summary>
        public ulong MemoryBudgetBytes { get; set; }

        /// <summary>To be freed with gemma4_load_params_free().</summary>
        internal IntPtr NewNative()
        {
            IntPtr native = Flat.gemma4_load_params_alloc(1);
            try
            {
                Flat.gemma4_load_params_set_weights(native, (int)Weights);
                Flat.gemma4_load_params_set_num_threads(native, Count(NumThreads, "NumThreads"));
                Flat.gemma4_load_params_set_prefill_chunk_tokens(
                    native, Count(PrefillChunkTokens, "PrefillChunkTokens"));
                Flat.gemma4_load_params_set_cache_folder(native, CacheFolder);
                Flat.gemma4_load_params_set_memory_budget_bytes(native, MemoryBudgetBytes);
            }
            catch
            {
                Flat.gemma4_load_params_free(native, 1);
                throw;
            }
            return native;
        }

        internal static ulong Count(int value, string name)
        {
            if (value < 0) throw new ArgumentOutOfRangeException(name, value, "it must not be negative");
            return (ulong)value;
        }
    }

    /// <summary>
    /// How the next token is chosen. What is not set is what the model's files say. The same seed gives
    /// the same tokens on every platform.
    /// </summary>
    public sealed class SamplerOptions
    {
        /// <summary>What the model's files say.</summary>
        public SamplerOptions()
        {
            Temperature = -1;
            TopP = -1;
            TopK = -1;
        }

        /// <summary>Always the token of the largest logit.</summary>
        public static SamplerOptions Greedy
        {
            get { return new SamplerOptions { Temperature = 0 }; }
        }

        /// <summary>Of the random draws.</summary>
        public ulong Seed { get; set; }

        /// <summary>0: always the largest logit. Negative: what the model's files say.</summary>
        public float Temperature { get; set; }

        /// <summary>At most 1, and 1 keeps all. Negative: what the model's files say.</summary>
        public float TopP { get; set; }

        /// <summary>0 keeps all. Negative: what the model's files say.</summary>
        public long TopK { get; set; }

        /// <summary>In [0, 1]: tokens less likely than this part of the likeliest go; 0 keeps all.</summary>
        public float MinP { get; set; }

        /// <summary>Above 1 makes what is there already less likely, below 1 likelier; 0: off.</summary>
        public float RepetitionPenalty { get; set; }

        /// <summary>Taken from a token's logit for each time it was made; 0: off.</summary>
        public float FrequencyPenalty { get; set; }

        /// <summary>Taken from a token's logit if it was made at all; 0: off.</summary>
        public float PresencePenalty { get; set; }

        /// <summary>How many of the sequence's last tokens the penalties look at; 0: all.</summary>
        public int PenaltyWindow { get; set; }

        /// <summary>
        /// Token ids to what is added to their logits; negative infinity bans one. null: none.
        /// </summary>
        public IReadOnlyDictionary<int, float> LogitBias { get; set; }

        /// <summary>
        /// Tokens that are never chosen, beside those of the model's own files. null: none.
        /// </summary>
        public int[] BannedTokenIds { get; set; }

        /// <summary>
        /// The reply is one document that is valid by this JSON schema, whatever the model would rather
        /// say. At most one of this and the next two. null: none.
        /// </summary>
        public string JsonSchema { get; set; }

        /// <summary>The reply is what the rule root of this grammar (GBNF) produces. null: none.</summary>
        public string Grammar { get; set; }

        /// <summary>The reply is a call of one of the session's tools.</summary>
        public bool RequiresToolCall { get; set; }

        /// <summary>Calls with native parameters made of these.</summary>
        internal void Call(Action<IntPtr> call)
        {
            ulong numBiases = LogitBias == null ? 0 : (ulong)LogitBias.Count;
            IntPtr native = Flat.gemma4_sampler_params_alloc(1);
            IntPtr biases = Flat.gemma4_logit_bias_alloc(numBiases);
            try
            {
                Flat.gemma4_sampler_params_set_seed(native, Seed);
                Flat.gemma4_sampler_params_set_temperature(native, Temperature);
                Flat.gemma4_sampler_params_set_top_p(native, TopP);
                Flat.gemma4_sampler_params_set_top_k(native, TopK);
                Flat.gemma4_sampler_params_set_min_p(native, MinP);
                Flat.gemma4_sampler_params_set_repetition_penalty(native, RepetitionPenalty);
                Flat.gemma4_sampler_params_set_frequency_penalty(native, FrequencyPenalty);
                Flat.gemma4_sampler_params_set_presence_penalty(native, PresencePenalty);
                Flat.gemma4_sampler_params_set_penalty_window(
                    native, LoadOptions.Count(PenaltyWindow, "PenaltyWindow"));
                if (LogitBias != null)
                {
                    ulong i = 0;
                    foreach (KeyValuePair<int, float> bias in LogitBias)
                    {
                        IntPtr one = Flat.gemma4_logit_bias_at(biases, i++);
                        Flat.gemma4_logit_bias_set_token_id(one, bias.Key);
                        Flat.gemma4_logit_bias_set_bias(one, bias.Value);
                    }
                }
                Flat.gemma4_sampler_params_set_logit_bias(native, biases);
                Flat.gemma4_sampler_params_set_num_logit_biases(native, numBiases);
                if (BannedTokenIds != null)
                {
                    Flat.gemma4_sampler_params_set_banned_token_ids(
                        native, BannedTokenIds, (ulong)BannedTokenIds.Length);
                }
                Flat.gemma4_sampler_params_set_json_schema(native, JsonSchema);
                Flat.gemma4_sampler_params_set_grammar(native, Grammar);
                Flat.gemma4_sampler_params_set_requires_tool_call(native, RequiresToolCall ? 1 : 0);
                call(native);
            }
            finally
            {
                Flat.gemma4_logit_bias_free(biases, numBiases);
                Flat.gemma4_sampler_params_free(native, 1);
            }
        }
    }

    /// <summary>What a session may be told. May be used for several.</summary>
    public sealed class SessionOptions
    {
        /// <summary>How the next token is chosen; null: what the model's files say.</summary>
        public SamplerOptions Sampler { get; set; }

        /// <summary>
        /// Tokens that end a generation, in place of the model's own; null: the model's own, and in a
        /// turn of a chat those with which a turn ends.
        /// </summary>
        public int[] StopTokenIds { get; set; }

        /// <summary>Tokens of one generation, without its stop token; 0: as many as fit.</summary>
        public int MaxNewTokens { get; set; }

        /// <summary>How keys and values are stored.</summary>
        public KvType KvType { get; set; }

        /// <summary>Tokens that the session can hold; 0: 4096, or what the model allows.</summary>
        public int MaxContextTokens { get; set; }

        /// <summary>Texts that end a generation; neither they nor what follows is told.</summary>
        public IReadOnlyList<string> StopStrings { get; set; }

        /// <summary>
        /// Tokens of one thought; then it is closed in the model's place. 0: no limit.
        /// </summary>
        public int MaxThoughtTokens { get; set; }

        /// <summary>
        /// When the context is full: true forgets the oldest turns, and an event tells; false ends the
        /// generation.
        /// </summary>
        public bool Slides { get; set; }

        /// <summary>Events tell how likely each token was.</summary>
        public bool Logprobs { get; set; }

        /// <summary>And this many of the likeliest in its place, at most 20.</summary>
        public int NumTopLogprobs { get; set; }

        /// <summary>Calls with native parameters made of these.</summary>
        internal void Call(Action<IntPtr> call)
        {
            if (Sampler == null) Call(IntPtr.Zero, call);
            else Sampler.Call(sampler => Call(sampler, call));
        }

        private void Call(IntPtr sampler, Action<IntPtr> call)
        {
            IntPtr native = Flat.gemma4_session_params_alloc(1);
            try
            {
                Flat.gemma4_session_params_set_sampler(native, sampler);
                if (StopTokenIds != null)
                {
                    Flat.gemma4_session_params_set_stop_token_ids(
                        native, StopTokenIds, (ulong)StopTokenIds.Length);
                }
                Flat.gemma4_session_params_set_max_new_tokens(
                    native, LoadOptions.Count(MaxNewTokens, "MaxNewTokens"));
                Flat.gemma4_session_params_set_kv_type(native, (int)KvType);
                Flat.gemma4_session_params_set_max_context_tokens(
                    native, LoadOptions.Count(MaxContextTokens, "MaxContextTokens"));
                if (StopStrings != null && StopStrings.Count > 0)
                {
                    byte[] texts = NativeText.List(StopStrings);
                    Flat.gemma4_session_params_set_stop_strings(
                        native, texts, (ulong)texts.Length, (ulong)StopStrings.Count);
                }
                Flat.gemma4_session_params_set_max_thought_tokens(
                    native, LoadOptions.Count(MaxThoughtTokens, "MaxThoughtTokens"));
                Flat.gemma4_session_params_set_context_full(
                    native, Slides ? Flat.GEMMA4_CONTEXT_SLIDE : Flat.GEMMA4_CONTEXT_STOP);
                Flat.gemma4_session_params_set_logprobs(native, Logprobs ? 1 : 0);
                Flat.gemma4_session_params_set_num_top_logprobs(native, NumTopLogprobs);
                call(native);
            }
            finally
            {
                Flat.gemma4_session_params_free(native, 1);
            }
        }
    }
}
