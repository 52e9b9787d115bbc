using System;
using System.Collections.Generic;

namespace Gemma4
{
    /// <summary>What happened.</summary>
    public enum EventKind
    {
        /// <summary>Nothing.</summary>
        None = 0,
        /// <summary>Nothing new yet: a step's time was spent.</summary>
        Pending = 1,
        /// <summary>A chunk of the prompt was run.</summary>
        Prefill = 2,
        /// <summary>A token was made.</summary>
        Text = 3,
        /// <summary>The generation is over.</summary>
        End = 4,
        /// <summary>A token of the model's thought was made.</summary>
        Thought = 5,
        /// <summary>The model calls a tool. To be answered after End, with AddToolResult.</summary>
        ToolCall = 6,
        /// <summary>The context was full, and old tokens were forgotten (SessionOptions.Slides).</summary>
        ContextSlid = 7
    }

    /// <summary>Why a generation is over.</summary>
    public enum EndReason
    {
        /// <summary>It is not.</summary>
        None = 0,
        /// <summary>The model made a stop token.</summary>
        StopToken = 1,
        /// <summary>SessionOptions.MaxNewTokens were made. Generating again goes on.</summary>
        MaxTokens = 2,
        /// <summary>The context has no room for another token.</summary>
        ContextFull = 3,
        /// <summary>One of SessionOptions.StopStrings was made.</summary>
        StopString = 4,
        /// <summary>The model waits for the tools that it called: AddToolResult.</summary>
        ToolCalls = 5,
        /// <summary>
        /// A constrained reply is complete, and the session has no stop token that could say so.
        /// </summary>
        Complete = 6
    }

    /// <summary>How likely the model thought a token.</summary>
    public struct TokenLogprob
    {
        internal TokenLogprob(IntPtr native) : this()
        {
            TokenId = Flat.gemma4_token_logprob_get_token_id(native);
            Logprob = Flat.gemma4_token_logprob_get_logprob(native);
        }

        /// <summary>The token.</summary>
        public int TokenId { get; private set; }

        /// <summary>The natural logarithm of its probability.</summary>
        public float Logprob { get; private set; }
    }

    /// <summary>
    /// What a session tells while it works. Kinds and reasons that this version does not list may come:
    /// ignore them.
    /// </summary>
    public sealed class Event
    {
        internal Event(IntPtr native)
        {
            Kind = (EventKind)Flat.gemma4_event_get_kind(native);
            EndReason = (EndReason)Flat.gemma4_event_get_end_reason(native);
            TokenId = Flat.gemma4_event_get_token_id(native);
            string text = NativeText.FromUtf8(
                Flat.gemma4_event_get_text(native), Flat.gemma4_event_get_text_size(native));
            Text = Kind == EventKind.Text ? text : "";
            Thought = Kind == EventKind.Thought ? text : "";
            ToolName = NativeText.FromUtf8(
                Flat.gemma4_event_get_tool_name(native), Flat.gemma4_event_get_tool_name_size(native));
            ToolArgumentsJson = NativeText.FromUtf8(
                Flat.gemma4_event_get_tool_arguments_json(native),
                Flat.gemma4_event_get_tool_arguments_json_size(native));
            ToolCallId = Flat.gemma4_event_get_tool_call_id(native);
            NumTokensReused = (long)Flat.gemma4_event_get_num_tokens_reused(native);
            NumTokensDropped = (long)Flat.gemma4_event_get_num_tokens_dropped(native);
            Logprob = Flat.gemma4_event_get_logprob(native);
            var top = new TokenLogprob[Flat.gemma4_event_get_num_top_logprobs(native)];
            IntPtr first = Flat.gemma4_event_get_top_logprobs(native);
            for (int i = 0; i < top.Length; i++)
                top[i] = new TokenLogprob(Flat.gemma4_token_logprob_at(first, (ulong)i));
            TopLogprobs = top;
            NumTokensDone = (long)Flat.gemma4_event_get_num_tokens_done(native);
            NumTokensTotal = (long)Flat.gemma4_event_get_num_tokens_total(native);
            int status = Flat.gemma4_event_get_status(native);
            Error = status == Flat.GEMMA4_OK ? (ErrorCode?)null : (ErrorCode)status;
        }

        /// <summary>What happened.</summary>
        public EventKind Kind { get; private set; }

        /// <summary>Of End: why.</summary>
        public EndReason EndReason { get; private set; }

        /// <summary>Of a kind that makes a token, the token; of End, the stop token; -1 for none.</summary>
        public int TokenId { get; private set; }

        /// <summary>
        /// Of Text: whole characters only, empty while the bytes of one are still incomplete. Empty for
        /// other kinds.
        /// </summary>
        public string Text { get; private set; }

        /// <summary>Of Thought: as Text. Empty for other kinds.</summary>
        public string Thought { get; private set; }

        /// <summary>Of ToolCall: the tool's name.</summary>
        public string ToolName { get; private set; }

        /// <summary>Of ToolCall: a JSON object.</summary>
        public string ToolArgumentsJson { get; private set; }

        /// <summary>Of ToolCall: which one of this turn, from 0; else -1.</summary>
        public int ToolCallId { get; private set; }

        /// <summary>With SessionOptions.Logprobs: of the token's probability, the logarithm.</summary>
        public float Logprob { get; private set; }

        /// <summary>With NumTopLogprobs: the likeliest tokens in its place, likeliest first.</summary>
        public IReadOnlyList<TokenLogprob> TopLogprobs { get; private set; }

        /// <summary>Of Prefill: tokens before those, which were in the cache already.</summary>
        public long NumTokensReused { get; private set; }

        /// <summary>Of ContextSlid: tokens that were forgotten.</summary>
        public long NumTokensDropped { get; private set; }

        /// <summary>Of Prefill: tokens of the prompt that were run.</summary>
        public long NumTokensDone { get; private set; }

        /// <summary>Of Prefill: tokens of the prompt.</summary>
        public long NumTokensTotal { get; private set; }

        /// <summary>Of StepMany: why this session's step failed; null if it did not.</summary>
        public ErrorCode? Error { get; private set; }
    }
}
