using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using UnityEngine;

namespace Gemma4.Unity
{
    /// <summary>How linear layers compute: gemma4_weights.</summary>
    public enum Weights
    {
        Auto = 0,
        Int8 = 1,
        Exact = 2,
        Int4 = 3,
        Int4Rows = 4
    }

    /// <summary>
    /// A Gemma 4 model on disk, shared by any number of characters. It loads on a thread of its own, once;
    /// all characters who talk share one pass through it in each frame.
    /// </summary>
    [CreateAssetMenu(menuName = "Gemma 4/Model", fileName = "Gemma4Model")]
    public sealed class Gemma4Model : ScriptableObject
    {
        [Tooltip("A GGUF file, a packed file, or a folder with safetensors. Relative: below StreamingAssets.")]
        public string path = "";

        [Tooltip("How linear layers compute. Read when the model is loaded.")]
        public Weights weights = Weights.Auto;

        [Tooltip("Threads that compute, the main thread included. 0: one for each physical core.")]
        [Min(0)]
        public int numThreads = 0;

        [Tooltip("Microseconds of each frame for all characters of this model together. 0: no limit.")]
        [Min(0)]
        public int frameBudgetMicroseconds = 4000;

        // Those who have a conversation with it, and of these the ones who take part in frames.
        private readonly List<Gemma4Character> attached = new List<Gemma4Character>();
        private readonly List<Gemma4Character> talkers = new List<Gemma4Character>();
        private int lastFrame = -1;
        private Load load;

        /// <summary>Whether the model is loaded.</summary>
        public bool IsReady
        {
            get { return load != null && load.Model != IntPtr.Zero; }
        }

        /// <summary>Why it could not be loaded; null if that did not happen.</summary>
        public string Error
        {
            get { return load == null ? null : load.Error; }
        }

        internal IntPtr Handle
        {
            get { return load == null ? IntPtr.Zero : load.Model; }
        }

        /// <summary>Starts to load, unless that was done.</summary>
        public void BeginLoad()
        {
            if (load != null) return;
            string folder = System.IO.Path.Combine(Application.streamingAssetsPath, path);
            load = new Load(folder, (int)weights, numThreads);
        }

        /// <summary>
        /// Gives the model back; characters forget their conversations. BeginLoad() loads it anew.
        /// </summary>
        public void Unload()
        {
            while (attached.Count > 0) attached[attached.Count - 1].ResetConversation();
            if (load != null) load.Dispose();
            load = null;
        }

        // When the asset goes away, and when the editor reloads its scripts.
        private void OnDisable()
        {
            Unload();
        }

        internal void Attach(Gemma4Character character)
        {
            attached.Add(character);
        }

        internal void Detach(Gemma4Character character)
        {
            attached.Remove(character);
        }

        internal void Join(Gemma4Character talker)
        {
            talkers.Add(talker);
        }

        internal void Leave(Gemma4Character talker)
        {
            talkers.Remove(talker);
        }

        // Runs this frame's pass, if no other character has.
        internal void RunFrame()
        {
            if (Time.frameCount == lastFrame || talkers.Count == 0) return;
            lastFrame = Time.frameCount;

            // More than fit into one pass wait for their turn.
            int numTalking = Math.Min(talkers.Count, (int)NativeMethods.gemma4_model_prefill_chunk_tokens(Handle));
            Gemma4Character[] talking = talkers.GetRange(0, numTalking).ToArray();
            var sessions = new IntPtr[numTalking];
            var events = new NativeMethods.Event[numTalking];
            for (int i = 0; i < numTalking; ++i)
            {
                sessions[i] = talking[i].Session;
                events[i].StructSize = NativeMethods.SizeOf<NativeMethods.Event>();
            }
            var step = new NativeMethods.StepParams
            {
                StructSize = NativeMethods.SizeOf<NativeMethods.StepParams>(),
                TimeBudgetUs = (ulong)Math.Max(0, frameBudgetMicroseconds)
            };
            int status = NativeMethods.gemma4_step_many(sessions, (UIntPtr)(uint)numTalking, ref step, events);
            for (int i = 0; i < numTalking; ++i)
            {
                if (status != NativeMethods.Ok) events[i].Status = status;
                talking[i].Take(ref events[i]);
            }
            if (numTalking < talkers.Count)
            {
                talkers.RemoveRange(0, numTalking);
                talkers.AddRange(talking);
            }
        }

        // A load that is going on, or is done.
        private sealed class Load : IDisposable
        {
            private readonly Thread thread;
            private readonly IntPtr cancel;
            private readonly object mutex = new object();
            private IntPtr model;
            private string error;

            internal Load(string path, int weights, int numThreads)
            {
                if (NativeMethods.gemma4_cancel_create(out cancel) != NativeMethods.Ok)
                {
                    error = NativeMethods.LastError();
                    return;
                }
                var loadParams = new NativeMethods.LoadParams();
                NativeMethods.gemma4_load_params_init(ref loadParams, NativeMethods.SizeOf<NativeMethods.LoadParams>());
                loadParams.Weights = weights;
                loadParams.NumThreads = (UIntPtr)(uint)Math.Max(0, numThreads);
                loadParams.Cancel = cancel;
                byte[] pathBytes = Encoding.UTF8.GetBytes(path + "\0");
                thread = new Thread(() => Run(pathBytes, loadParams)) { IsBackground = true, Name = "gemma4 load" };
                thread.Start();
            }

            internal IntPtr Model
            {
                get { lock (mutex) return model; }
            }

            internal string Error
            {
                get { lock (mutex) return error; }
            }

            public void Dispose()
            {
                NativeMethods.gemma4_cancel_set(cancel);
                if (thread != null) thread.Join();
                NativeMethods.gemma4_cancel_free(cancel);
                NativeMethods.gemma4_model_free(model);
            }

            private void Run(byte[] path, NativeMethods.LoadParams loadParams)
            {
                IntPtr loaded;
                int status = NativeMethods.gemma4_model_load(path, ref loadParams, out loaded);
                string message = status == NativeMethods.Ok ? null : NativeMethods.LastError();
                lock (mutex)
                {
                    model = loaded;
                    error = message;
                }
            }
        }
    }
}
