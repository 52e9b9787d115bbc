using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using UnityEngine;
using UnityEngine.Events;

namespace Gemma4.Unity
{
    /// <summary>A piece of text.</summary>
    [Serializable]
    public sealed class TextEvent : UnityEvent<string>
    {
    }

    /// <summary>A whole answer, and why it ended: "stop", "max_new_tokens", "context_full", …</summary>
    [Serializable]
    public sealed class AnswerEvent : UnityEvent<string, string>
    {
    }

    /// <summary>The number of a call, the tool's name, and its arguments as a JSON object.</summary>
    [Serializable]
    public sealed class ToolCallEvent : UnityEvent<int, string, string>
    {
    }

    /// <summary>
    /// Somebody to talk to: one conversation with a <see cref="Gemma4Model"/>. Nothing waits: the answer
    /// comes as events, on the main thread, in Update. Whoever hears one may call any method, or destroy
    /// the object. A component that is disabled pauses; one that is destroyed stops.
    /// </summary>
    [AddComponentMenu("Gemma 4/Character")]
    public sealed class Gemma4Character : MonoBehaviour
    {
        [Tooltip("Who answers.")]
        public Gemma4Model model;

        [Header("Read when a conversation begins")]
        [Tooltip("Who the character is.")]
        [TextArea]
        public string systemPrompt = "";

        [Tooltip("A JSON list of tools, as OpenAI's API has them.")]
        [TextArea]
        public string toolsJson = "";

        [Tooltip("Whether the character thinks before it answers.")]
        public bool enableThinking = false;

        [Tooltip("0: always the likeliest word. Negative: what the model's files say.")]
        public float temperature = -1;

        [Tooltip("Of the random draws: the same seed and words give the same answers.")]
        public long seed = 0;

        [Tooltip("Tokens of one answer. 0: as many as fit.")]
        [Min(0)]
        public int maxNewTokens = 256;

        [Tooltip("Tokens that the conversation can hold; memory grows with it.")]
        [Min(0)]
        public int maxContextTokens = 2048;

        [Header("Events")]
        [Tooltip("The next piece of the answer.")]
        public TextEvent onToken = new TextEvent();

        [Tooltip("The next piece of a thought, which is no part of the answer.")]
        public TextEvent onThought = new TextEvent();

        [Tooltip("The character wants something done. Answer with AddToolResult, now or later.")]
        public ToolCallEvent onToolCall = new ToolCallEvent();

        [Tooltip("The answer is over.")]
        public AnswerEvent onFinished = new AnswerEvent();

        [Tooltip("Something could not be done.")]
        public TextEvent onFailed = new TextEvent();

        private readonly Queue<string> questions = new Queue<string>();
        private readonly Queue<Action> notices = new Queue<Action>();
        private readonly List<KeyValuePair<int, string>> toolResults = new List<KeyValuePair<int, string>>();
        private readonly StringBuilder answer = new StringBuilder();
        private Gemma4Model attached; // whose session this is
        private bool isJoined; // takes part in frames
        private bool hasAnswer; // one has begun, and is not over
        private int numToolCalls; // of this turn

        internal IntPtr Session { get; private set; }

        /// <summary>Whether an answer is being made, or something waits to be answered.</summary>
        public bool IsTalking
        {
            get { return hasAnswer || questions.Count > 0; }
        }

        /// <summary>Says something to the character, who answers in the next frames. Loads the model.</summary>
        public void Say(string text)
        {
            questions.Enqueue(text);
            if (model != null) model.BeginLoad();
        }

        /// <summary>
        /// What a tool gave back, as JSON or as text. When every call of a turn has its result, the answer
        /// goes on.
        /// </summary>
        public void AddToolResult(int callId, string result)
        {
            toolResults.Add(new KeyValuePair<int, string>(callId, result));
        }

        /// <summary>Ends the answer that is being made, and forgets what waits to be answered.</summary>
        public void Cancel()
        {
            questions.Clear();
            if (hasAnswer) EndAnswer("cancelled");
        }

        /// <summary>Forgets the conversation, without an event.</summary>
        public void ResetConversation()
        {
            questions.Clear();
            notices.Clear();
            toolResults.Clear();
            hasAnswer = false;
            FreeSession();
        }

        private void OnDisable()
        {
            if (isJoined) attached.Leave(this);
        }

        private void OnEnable()
        {
            if (isJoined) attached.Join(this);
        }

        private void OnDestroy()
        {
            ResetConversation();
        }

        private void Update()
        {
            if (!hasAnswer && questions.Count > 0)
            {
                if (model == null) Fail("this character has no model");
                else if (model.Error != null) Fail(model.Error);
                else if (model.IsReady) BeginAnswer();
            }
            bool waitsForTools = hasAnswer && !isJoined;
            if (waitsForTools && toolResults.Count >= numToolCalls) GiveToolResults();
            if (isJoined) attached.RunFrame();

            // Whoever hears an event may reset or destroy this object, which empties the queue.
            while (notices.Count > 0) notices.Dequeue()();
        }

        // What this frame brought. Its texts are gone afterwards.
        internal void Take(ref NativeMethods.Event happened)
        {
            if (happened.Status != NativeMethods.Ok)
            {
                EndAnswer("failed");
                Fail(NativeMethods.ReadText(NativeMethods.gemma4_status_name(happened.Status)));
                return;
            }
            switch (happened.Kind)
            {
                case NativeMethods.EventText:
                case NativeMethods.EventThought:
                {
                    string text = NativeMethods.ReadText(happened.Text, happened.TextSize);
                    if (text.Length == 0) break;
                    if (happened.Kind == NativeMethods.EventText)
                    {
                        answer.Append(text);
                        notices.Enqueue(() => onToken.Invoke(text));
                    }
                    else
                    {
                        notices.Enqueue(() => onThought.Invoke(text));
                    }
                    break;
                }
                case NativeMethods.EventToolCall:
                {
                    int id = happened.ToolCallId;
                    string name = NativeMethods.ReadText(happened.ToolName, happened.ToolNameSize);
                    string arguments =
                        NativeMethods.ReadText(happened.ToolArgumentsJson, happened.ToolArgumentsJsonSize);
                    ++numToolCalls;
                    notices.Enqueue(() => onToolCall.Invoke(id, name, arguments));
                    break;
                }
                case NativeMethods.EventEnd:
                    if (happened.EndReason == NativeMethods.EndToolCalls) Pause(); // until the results are there
                    else EndAnswer(ReasonName(happened.EndReason));
                    break;
            }
        }

        private static string ReasonName(int reason)
        {
            switch (reason)
            {
                case NativeMethods.EndStopToken: return "stop";
                case NativeMethods.EndMaxTokens: return "max_new_tokens";
                case NativeMethods.EndContextFull: return "context_full";
                default: return "other";
            }
        }

        private void BeginAnswer()
        {
            byte[] question = Encoding.UTF8.GetBytes(questions.Dequeue());
            if (!ReferenceEquals(attached, model)) FreeSession(); // another model was set
            if (Session == IntPtr.Zero && !CreateSession()) return;
            if (NativeMethods.gemma4_session_add_user_text(Session, question, (UIntPtr)(uint)question.Length) !=
                NativeMethods.Ok)
            {
                Fail(NativeMethods.LastError());
                return;
            }
            hasAnswer = true;
            answer.Length = 0;
            numToolCalls = 0;
            toolResults.Clear();
            Join();
        }

        private bool CreateSession()
        {
            var sampler = new NativeMethods.SamplerParams();
            NativeMethods.gemma4_sampler_params_init(ref sampler, NativeMethods.SizeOf<NativeMethods.SamplerParams>());
            sampler.Temperature = temperature;
            sampler.Seed = (ulong)seed;
            var sessionParams = new NativeMethods.SessionParams();
            NativeMethods.gemma4_session_params_init(ref sessionParams,
                NativeMethods.SizeOf<NativeMethods.SessionParams>());
            sessionParams.MaxNewTokens = (UIntPtr)(uint)Math.Max(0, maxNewTokens);
            ulong mostTokens = (ulong)NativeMethods.gemma4_model_max_context_tokens(model.Handle);
            sessionParams.MaxContextTokens = (UIntPtr)Math.Min((ulong)Math.Max(0, maxContextTokens), mostTokens);

            IntPtr session;
            GCHandle pinned = GCHandle.Alloc(sampler, GCHandleType.Pinned);
            sessionParams.Sampler = pinned.AddrOfPinnedObject();
            int status = NativeMethods.gemma4_session_create(model.Handle, ref sessionParams, out session);
            pinned.Free();
            if (status == NativeMethods.Ok && systemPrompt.Length > 0)
            {
                byte[] text = Encoding.UTF8.GetBytes(systemPrompt);
                status = NativeMethods.gemma4_session_add_system_text(session, text, (UIntPtr)(uint)text.Length);
            }
            if (status == NativeMethods.Ok && toolsJson.Length > 0)
            {
                byte[] text = Encoding.UTF8.GetBytes(toolsJson);
                status = NativeMethods.gemma4_session_set_tools_json(session, text, (UIntPtr)(uint)text.Length);
            }
            if (status == NativeMethods.Ok && enableThinking)
            {
                status = NativeMethods.gemma4_session_set_thinking(session, 1);
            }
            if (status == NativeMethods.Ok)
            {
                Session = session;
                attached = model;
                attached.Attach(this);
                return true;
            }
            Fail(NativeMethods.LastError());
            NativeMethods.gemma4_session_free(session);
            return false;
        }

        private void GiveToolResults()
        {
            foreach (KeyValuePair<int, string> result in toolResults)
            {
                // What is JSON is given as such; any other text is a result, too.
                byte[] text = Encoding.UTF8.GetBytes(result.Value);
                var size = (UIntPtr)(uint)text.Length;
                if (NativeMethods.gemma4_session_add_tool_result_json(Session, result.Key, text, size) ==
                        NativeMethods.Ok ||
                    NativeMethods.gemma4_session_add_tool_result(Session, result.Key, text, size) == NativeMethods.Ok)
                {
                    continue;
                }
                string message = NativeMethods.LastError();
                EndAnswer("failed");
                Fail(message);
                return;
            }
            toolResults.Clear();
            numToolCalls = 0;
            Join();
        }

        private void Join()
        {
            attached.Join(this);
            isJoined = true;
        }

        private void Pause()
        {
            if (isJoined) attached.Leave(this);
            isJoined = false;
        }

        private void FreeSession()
        {
            Pause();
            if (!ReferenceEquals(attached, null)) attached.Detach(this);
            attached = null;
            NativeMethods.gemma4_session_free(Session);
            Session = IntPtr.Zero;
        }

        private void EndAnswer(string reason)
        {
            string text = answer.ToString();
            Pause();
            hasAnswer = false;
            notices.Enqueue(() => onFinished.Invoke(text, reason));
        }

        private void Fail(string message)
        {
            questions.Clear();
            notices.Enqueue(() => onFailed.Invoke(message));
        }
    }
}
