using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;

namespace Gemma4
{
    /// <summary>Which vector stands for several tokens.</summary>
    public enum Pooling
    {
        /// <summary>That of the last token, which has seen all the others.</summary>
        Last = 0,
        /// <summary>The mean of all.</summary>
        Mean = 1
    }

    /// <summary>
    /// One conversation with a model. One thread at a time may use it; a second one gets
    /// ErrorCode.Busy. Which one may change. Dispose may be called by any thread, and takes effect when
    /// the call that runs has returned.
    /// </summary>
    /// <remarks>
    /// A cancelled call throws OperationCanceledException within a layer's time; the session goes on
    /// where it was.
    /// </remarks>
    public sealed class Session : IDisposable
    {
        private readonly SessionHandle _handle;

        internal Session(IntPtr address)
        {
            _handle = new SessionHandle(address);
        }

        /// <summary>Appends a user's turn and the opening of the model's answer. Runs nothing.</summary>
        public void AddUser(string text)
        {
            byte[] bytes = NativeText.Bytes(text, "text");
            using (Use session = _handle.Use())
                Flat.gemma4_session_add_user_text(session.Address, bytes, (ulong)bytes.Length);
        }

        /// <summary>Appends the system turn. Only at the start of a session.</summary>
        public void AddSystem(string text)
        {
            byte[] bytes = NativeText.Bytes(text, "text");
            using (Use session = _handle.Use())
                Flat.gemma4_session_add_system_text(session.Address, bytes, (ulong)bytes.Length);
        }

        /// <summary>
        /// Appends an answer of the model that is known already, to tell a history. After a user's turn.
        /// </summary>
        public void AddModel(string text)
        {
            byte[] bytes = NativeText.Bytes(text, "text");
            using (Use session = _handle.Use())
                Flat.gemma4_session_add_model_text(session.Address, bytes, (ulong)bytes.Length);
        }

        /// <summary>
        /// Tells the model which tools it may call, in JSON as chat APIs take it. Before the first turn.
        /// Calls come as EventKind.ToolCall.
        /// </summary>
        public void SetToolsJson(string toolsJson)
        {
            byte[] bytes = NativeText.Bytes(toolsJson, "toolsJson");
            using (Use session = _handle.Use())
                Flat.gemma4_session_set_tools_json(session.Address, bytes, (ulong)bytes.Length);
        }

        /// <summary>
        /// Lets the model think before it answers, or not, the default. Before the first turn.
        /// </summary>
        public void SetThinking(bool thinking)
        {
            using (Use session = _handle.Use())
                Flat.gemma4_session_set_thinking(session.Address, thinking ? 1 : 0);
        }

        /// <summary>
        /// Appends what a tool gave back, as text. Once for each call, after End; then generate again.
        /// </summary>
        public void AddToolResult(int toolCallId, string result)
        {
            byte[] bytes = NativeText.Bytes(result, "result");
            using (Use session = _handle.Use())
            {
                Flat.gemma4_session_add_tool_result(
                    session.Address, toolCallId, bytes, (ulong)bytes.Length);
            }
        }

        /// <summary>As AddToolResult, as a JSON value: the form that the model knows best.</summary>
        public void AddToolResultJson(int toolCallId, string resultJson)
        {
            byte[] bytes = NativeText.Bytes(resultJson, "resultJson");
            using (Use session = _handle.Use())
            {
                Flat.gemma4_session_add_tool_result_json(
                    session.Address, toolCallId, bytes, (ulong)bytes.Length);
            }
        }

        /// <summary>
        /// Makes the session hold a whole conversation, in JSON as chat APIs give it each time. What it
        /// begins with already is not run again.
        /// </summary>
        public void SetMessagesJson(string requestJson)
        {
            byte[] bytes = NativeText.Bytes(requestJson, "requestJson");
            using (Use session = _handle.Use())
                Flat.gemma4_session_set_messages_json(session.Address, bytes, (ulong)bytes.Length);
        }

        /// <summary>
        /// Makes the session hold these ids and no others; what it begins with already runs not again.
        /// </summary>
        public void SetIds(params int[] tokenIds)
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            using (Use session = _handle.Use())
                Flat.gemma4_session_set_ids(session.Address, tokenIds, (ulong)tokenIds.Length);
        }

        /// <summary>Chooses tokens in another way from the next one on.</summary>
        public void SetSampler(SamplerOptions options)
        {
            if (options == null) throw new ArgumentNullException("options");
            using (Use session = _handle.Use())
            {
                IntPtr address = session.Address;
                options.Call(native => Flat.gemma4_session_set_sampler(address, native));
            }
        }

        /// <summary>
        /// A second session that goes on from here, and shares nothing that either can change.
        /// </summary>
        public Session Fork()
        {
            var fork = new IntPtr[1];
            using (Use session = _handle.Use()) Flat.gemma4_session_fork(session.Address, fork);
            return new Session(fork[0]);
        }

        /// <summary>Saves to a file, which appears whole or not at all.</summary>
        public void Save(string path)
        {
            if (path == null) throw new ArgumentNullException("path");
            using (Use session = _handle.Use()) Flat.gemma4_session_save_file(session.Address, path);
        }

        /// <summary>
        /// Makes the session what was saved, by a session of the same model. A bad file changes nothing.
        /// </summary>
        public void Restore(string path)
        {
            if (path == null) throw new ArgumentNullException("path");
            using (Use session = _handle.Use()) Flat.gemma4_session_restore_file(session.Address, path);
        }

        /// <summary>Saves to a stream. What the stream throws, this throws.</summary>
        public void Save(
            Stream stream, CancellationToken cancellationToken = default(CancellationToken))
        {
            using (Use session = _handle.Use())
            {
                IntPtr address = session.Address;
                StreamCall.Run(stream, cancellationToken, (userdata, cancel) =>
                    Flat.gemma4_session_save(address, StreamCall.Writer, userdata, cancel));
            }
        }

        /// <summary>As Restore from a file, from a stream. What the stream throws, this throws.</summary>
        public void Restore(
            Stream stream, CancellationToken cancellationToken = default(CancellationToken))
        {
            using (Use session = _handle.Use())
            {
                IntPtr address = session.Address;
                StreamCall.Run(stream, cancellationToken, (userdata, cancel) =>
                    Flat.gemma4_session_restore(address, StreamCall.Reader, userdata, cancel));
            }
        }

        /// <summary>
        /// Appends token ids, runs them, and tells how likely the model thought each of them, in natural
        /// logarithms. Something must precede them.
        /// </summary>
        public float[] Score(
            int[] tokenIds, CancellationToken cancellationToken = default(CancellationToken))
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            var logprobs = new float[tokenIds.Length];
            Run(cancellationToken, (session, stepParams) => Flat.gemma4_session_score(
                session, tokenIds, (ulong)tokenIds.Length, stepParams, logprobs));
            return logprobs;
        }

        /// <summary>
        /// Appends token ids, runs them, and gives the vector that the last layer makes of them.
        /// </summary>
        /// <param name="tokenIds">At least one.</param>
        /// <param name="hiddenSize">Model.HiddenSize.</param>
        /// <param name="pooling">Which vector stands for several tokens.</param>
        /// <param name="normalize">Whether the vector is scaled to length 1.</param>
        /// <param name="cancellationToken">Ends the call.</param>
        public float[] Embed(
            int[] tokenIds, int hiddenSize, Pooling pooling = Pooling.Last, bool normalize = false,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            var hidden = new float[hiddenSize];
            Run(cancellationToken, (session, stepParams) => Flat.gemma4_session_embed(
                session, tokenIds, (ulong)tokenIds.Length, (int)pooling, normalize ? 1 : 0, stepParams,
                hidden, (ulong)hidden.Length));
            return hidden;
        }

        /// <summary>Appends text as it is, outside any chat format. Runs nothing.</summary>
        public void AppendText(string text, TextOptions options = TextOptions.None)
        {
            byte[] bytes = NativeText.Bytes(text, "text");
            using (Use session = _handle.Use())
            {
                Flat.gemma4_session_append_text(
                    session.Address, bytes, (ulong)bytes.Length, (uint)options);
            }
        }

        /// <summary>Appends token ids. Runs nothing.</summary>
        public void AppendIds(params int[] tokenIds)
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            using (Use session = _handle.Use())
                Flat.gemma4_session_append_ids(session.Address, tokenIds, (ulong)tokenIds.Length);
        }

        /// <summary>Appends token ids, maybe none, and runs the model over all that waits.</summary>
        public void Prefill(
            int[] tokenIds = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            ulong count = tokenIds == null ? 0 : (ulong)tokenIds.Length;
            Run(cancellationToken, (session, stepParams) =>
                Flat.gemma4_session_prefill_with(session, tokenIds, count, stepParams));
        }

        /// <summary>
        /// As Prefill, and returns the logits of every one of the ids, [tokenIds.Length, vocabSize]: row
        /// i scores what follows id i. Slower.
        /// </summary>
        public float[] PrefillLogits(
            int[] tokenIds, int vocabSize,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            var logits = new float[checked(tokenIds.Length * vocabSize)];
            Run(cancellationToken, (session, stepParams) =>
                Flat.gemma4_session_prefill_logits(
                    session, tokenIds, (ulong)tokenIds.Length, stepParams, logits, (ulong)logits.Length));
            return logits;
        }

        /// <summary>The logits of the last token that was run.</summary>
        public float[] Logits()
        {
            var numLogits = new UIntPtr[1];
            using (Use session = _handle.Use())
            {
                IntPtr address = Flat.gemma4_session_logits(session.Address, numLogits);
                if (address == IntPtr.Zero)
                    throw new Gemma4Exception((int)ErrorCode.State, Flat.gemma4_last_error_message());
                var logits = new float[(int)numLogits[0]];
                Marshal.Copy(address, logits, 0, logits.Length);
                return logits;
            }
        }

        /// <summary>Does the next piece of work: a chunk of the prompt, or a token.</summary>
        public Event Step(CancellationToken cancellationToken = default(CancellationToken))
        {
            return Step(TimeSpan.Zero, cancellationToken);
        }

        /// <summary>
        /// As Step, and ends when the time is spent, give or take one block of a layer: with
        /// EventKind.Pending, to be continued by the next step. For programs that draw a frame
        /// meanwhile. The words are the same.
        /// </summary>
        /// <param name="budget">Zero: no limit.</param>
        /// <param name="cancellationToken">Ends the step.</param>
        public Event Step(
            TimeSpan budget, CancellationToken cancellationToken = default(CancellationToken))
        {
            IntPtr native = Flat.gemma4_event_alloc(1);
            try
            {
                Event result = null;
                Run(cancellationToken, (session, stepParams) =>
                {
                    Flat.gemma4_step_params_set_time_budget_us(stepParams, Microseconds(budget));
                    Flat.gemma4_session_step(session, stepParams, native);
                    result = new Event(native); // its text lives until the session's next call
                });
                return result;
            }
            finally
            {
                Flat.gemma4_event_free(native, 1);
            }
        }

        /// <summary>
        /// One step of several sessions of one model, with one pass through the model for all of them.
        /// Each does what Step would have done; one session's error is in its event.
        /// </summary>
        /// <param name="sessions">Of one model, each once.</param>
        /// <param name="budget">As Step; zero: no limit.</param>
        /// <param name="cancellationToken">Ends the steps.</param>
        /// <returns>Their events, in the order of the sessions.</returns>
        public static IReadOnlyList<Event> StepMany(
            IReadOnlyList<Session> sessions, TimeSpan budget = default(TimeSpan),
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (sessions == null) throw new ArgumentNullException("sessions");
            ulong count = (ulong)sessions.Count;
            var uses = new List<Use>();
            IntPtr native = Flat.gemma4_event_alloc(count);
            try
            {
                var addresses = new IntPtr[sessions.Count];
                for (int i = 0; i < addresses.Length; i++)
                {
                    uses.Add(sessions[i]._handle.Use());
                    addresses[i] = uses[i].Address;
                }
                WithParams(cancellationToken, stepParams =>
                {
                    Flat.gemma4_step_params_set_time_budget_us(stepParams, Microseconds(budget));
                    Flat.gemma4_step_many(addresses, count, stepParams, native);
                });
                var events = new Event[addresses.Length];
                for (ulong i = 0; i < count; i++) events[i] = new Event(Flat.gemma4_event_at(native, i));
                return events;
            }
            finally
            {
                foreach (Use use in uses) use.Dispose();
                Flat.gemma4_event_free(native, count);
            }
        }

        /// <summary>
        /// The events of the answer to what was added, made as they are asked for; the last one is End.
        /// May be left at any time.
        /// </summary>
        public IEnumerable<Event> Events(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Event last;
            do
            {
                last = Step(cancellationToken);
                yield return last;
            } while (last.Kind != EventKind.End);
        }

        /// <summary>The same, each step on a thread of the pool.</summary>
        public IAsyncEnumerable<Event> EventsAsync(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return new AsyncSteps<Event>(this, last => last, cancellationToken);
        }

        /// <summary>The text of the answer to what was added, in pieces that are not empty.</summary>
        public IEnumerable<string> Generate(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            foreach (Event one in Events(cancellationToken))
            {
                if (one.Text.Length > 0) yield return one.Text;
            }
        }

        /// <summary>Adds a user's turn, at once; the result is the text of its answer.</summary>
        public IEnumerable<string> Generate(
            string prompt, CancellationToken cancellationToken = default(CancellationToken))
        {
            AddUser(prompt);
            return Generate(cancellationToken);
        }

        /// <summary>The text of the answer to what was added, each step on a thread of the pool.</summary>
        public IAsyncEnumerable<string> GenerateAsync(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return new AsyncSteps<string>(
                this, last => last.Text.Length > 0 ? last.Text : null, cancellationToken);
        }

        /// <summary>
        /// Adds a user's turn, at once; the result is the text of its answer, each step on a thread of
        /// the pool.
        /// </summary>
        public IAsyncEnumerable<string> GenerateAsync(
            string prompt, CancellationToken cancellationToken = default(CancellationToken))
        {
            AddUser(prompt);
            return GenerateAsync(cancellationToken);
        }

        /// <summary>Forgets every token and begins anew: same options, same seed.</summary>
        public void Reset()
        {
            using (Use session = _handle.Use()) Flat.gemma4_session_reset(session.Address);
        }

        /// <summary>Forgets the tokens after the first position.</summary>
        public void Rewind(long position)
        {
            if (position < 0)
                throw new ArgumentOutOfRangeException("position", position, "it must not be negative");
            using (Use session = _handle.Use()) Flat.gemma4_session_rewind(session.Address, (ulong)position);
        }

        /// <summary>Tokens of the sequence: those that were run and those that wait.</summary>
        public long Position
        {
            get { using (Use s = _handle.Use()) return (long)Flat.gemma4_session_position(s.Address); }
        }

        /// <summary>Tokens that the session can hold.</summary>
        public long MaxContextTokens
        {
            get
            {
                using (Use s = _handle.Use()) return (long)Flat.gemma4_session_max_context_tokens(s.Address);
            }
        }

        /// <summary>Bytes of memory that the next generated token will read.</summary>
        public ulong BytesPerToken
        {
            get { using (Use s = _handle.Use()) return Flat.gemma4_session_bytes_per_token(s.Address); }
        }

        /// <summary>Frees the session, when the call that runs has returned.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }

        private static ulong Microseconds(TimeSpan budget)
        {
            if (budget < TimeSpan.Zero)
                throw new ArgumentOutOfRangeException("budget", budget, "it must not be negative");
            // Less than one must not become 0, which is no limit.
            return (ulong)((budget.Ticks + TicksPerMicrosecond - 1) / TicksPerMicrosecond);
        }

        private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;

        private void Run(CancellationToken cancellationToken, Action<IntPtr, IntPtr> call)
        {
            WithParams(cancellationToken, stepParams =>
            {
                using (Use session = _handle.Use()) call(session.Address, stepParams);
            });
        }

        /// <summary>A call that may take long, with the step parameters that let it be cancelled.</summary>
        private static void WithParams(CancellationToken cancellationToken, Action<IntPtr> call)
        {
            IntPtr stepParams = Flat.gemma4_step_params_alloc(1);
            var cancellation = new Cancellation(cancellationToken);
            try
            {
                Flat.gemma4_step_params_set_cancel(stepParams, cancellation.Flag);
                call(stepParams);
            }
            catch (Gemma4Exception e)
            {
                Exception explained = cancellation.Explain(e);
                if (!ReferenceEquals(explained, e)) throw explained;
                throw;
            }
            finally
            {
                cancellation.Dispose();
                Flat.gemma4_step_params_free(stepParams, 1);
            }
        }
    }
}
