using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Gemma4
{
    /// <summary>
    /// A loaded checkpoint. Never changes: any number of threads and sessions may use it. A session goes
    /// on working after its model was disposed.
    /// </summary>
    /// <remarks>
    /// A progress is told the part that is done, 0 to 1, on the loading thread; a load may have several
    /// parts, each of which begins at 0. What it throws ends the load, which then throws it.
    /// </remarks>
    public sealed class Model : IDisposable
    {
        private readonly ModelHandle _handle;

        private Model(IntPtr address)
        {
            _handle = new ModelHandle(address);
        }

        /// <summary>Loads a checkpoint folder, a GGUF file or a packed file.</summary>
        /// <exception cref="Gemma4Exception">The checkpoint cannot be loaded.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public static Model Load(
            string path, LoadOptions options = null, IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (path == null) throw new ArgumentNullException("path");
            var model = new IntPtr[1];
            LoadCall.Run(options, progress, null, false, cancellationToken,
                (loadParams, userdata) => Flat.gemma4_model_load(path, loadParams, model));
            return new Model(model[0]);
        }

        /// <summary>Loads on a thread of the pool.</summary>
        public static Task<Model> LoadAsync(
            string path, LoadOptions options = null, IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return Task.Run(() => Load(path, options, progress, cancellationToken), cancellationToken);
        }

        /// <summary>Loads the files of a checkpoint folder that lie in memory. They are copied.</summary>
        /// <param name="files">By their names: "config.json", "model.safetensors", ...</param>
        /// <param name="options">null: all defaults.</param>
        /// <param name="progress">null: nobody listens.</param>
        /// <param name="cancellationToken">Ends the load.</param>
        public static Model LoadFiles(
            IReadOnlyDictionary<string, byte[]> files, LoadOptions options = null,
            IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            var model = new IntPtr[1];
            using (var native = new MemoryFiles(files))
            {
                LoadCall.Run(options, progress, null, true, cancellationToken,
                    (loadParams, userdata) =>
                        Flat.gemma4_model_load_memory(native.Address, native.Count, loadParams, model));
            }
            return new Model(model[0]);
        }

        /// <summary>
        /// Loads a GGUF or packed file from a stream. It is read whole into memory; a stream that cannot
        /// seek is read once, from where it is.
        /// </summary>
        /// <param name="stream">Not kept.</param>
        /// <param name="sizeBytes">Of the file; 0: the stream's length.</param>
        /// <param name="options">null: all defaults.</param>
        /// <param name="progress">null: nobody listens.</param>
        /// <param name="cancellationToken">Ends the load.</param>
        public static Model LoadStream(
            Stream stream, long sizeBytes = 0, LoadOptions options = null,
            IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            if (stream == null) throw new ArgumentNullException("stream");
            var model = new IntPtr[1];
            ulong size = (ulong)(sizeBytes == 0 ? stream.Length : sizeBytes);
            LoadCall.Run(options, progress, stream, false, cancellationToken,
                (loadParams, userdata) => Flat.gemma4_model_load_reader(
                    size, LoadCall.Reader, userdata, loadParams, model));
            return new Model(model[0]);
        }

        /// <summary>Loads a GGUF or packed file that lies inside an open file.</summary>
        /// <param name="descriptor">The number of the open file; not kept.</param>
        /// <param name="offset">Where the model begins.</param>
        /// <param name="sizeBytes">Of the model; 0: up to the end of the file.</param>
        /// <param name="options">null: all defaults.</param>
        /// <param name="progress">null: nobody listens.</param>
        /// <param name="cancellationToken">Ends the load.</param>
        public static Model LoadDescriptor(
            int descriptor, ulong offset = 0, ulong sizeBytes = 0, LoadOptions options = null,
            IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            var model = new IntPtr[1];
            LoadCall.Run(options, progress, null, false, cancellationToken,
                (loadParams, userdata) => Flat.gemma4_model_load_descriptor(
                    descriptor, offset, sizeBytes, loadParams, model));
            return new Model(model[0]);
        }

        /// <summary>
        /// Packs a checkpoint into one file, for this kind of CPU and this version of the library, which
        /// loads in milliseconds. Of the options, Weights, NumThreads and ThreadPool are used.
        /// </summary>
        public static void Pack(
            string path, string outPath, LoadOptions options = null, IProgress<float> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            LoadCall.Run(options, progress, null, false, cancellationToken,
                (loadParams, userdata) => Flat.gemma4_model_pack(path, outPath, loadParams));
        }

        /// <summary>Reads a packed file through and holds every part of it against its hash.</summary>
        public static void Verify(string path)
        {
            Flat.gemma4_model_verify(path);
        }

        /// <summary>Makes an empty session.</summary>
        /// <param name="options">null: all defaults.</param>
        public Session CreateSession(SessionOptions options = null)
        {
            var session = new IntPtr[1];
            using (Use model = _handle.Use())
            {
                IntPtr address = model.Address;
                (options ?? new SessionOptions()).Call(
                    sessionParams => Flat.gemma4_session_create(address, sessionParams, session));
            }
            return new Session(session[0]);
        }

        /// <summary>Turns text into token ids.</summary>
        public int[] Tokenize(string text, TextOptions options = TextOptions.None)
        {
            byte[] bytes = NativeText.Bytes(text, "text");
            var ids = new int[bytes.Length + 1]; // a text of n bytes gives at most n + 1 ids
            var numIds = new UIntPtr[1];
            using (Use model = _handle.Use())
            {
                Flat.gemma4_model_tokenize(
                    model.Address, bytes, (ulong)bytes.Length, (uint)options, ids, (ulong)ids.Length,
                    numIds);
            }
            Array.Resize(ref ids, (int)numIds[0]);
            return ids;
        }

        /// <summary>Turns token ids into text. For a stream of ids use a session's events.</summary>
        public string Detokenize(params int[] tokenIds)
        {
            if (tokenIds == null) throw new ArgumentNullException("tokenIds");
            var size = new UIntPtr[1];
            using (Use model = _handle.Use())
            {
                ulong count = (ulong)tokenIds.Length;
                Flat.gemma4_model_detokenize(model.Address, tokenIds, count, null, 0, size);
                var bytes = new byte[checked((int)size[0])];
                Flat.gemma4_model_detokenize(
                    model.Address, tokenIds, count, bytes, (ulong)bytes.Length, size);
                return System.Text.Encoding.UTF8.GetString(bytes);
            }
        }

        /// <summary>Token ids are in [0, VocabSize).</summary>
        public int VocabSize
        {
            get { using (Use m = _handle.Use()) return (int)Flat.gemma4_model_vocab_size(m.Address); }
        }

        /// <summary>Numbers of one token's state: the length of Session.Embed.</summary>
        public int HiddenSize
        {
            get { using (Use m = _handle.Use()) return (int)Flat.gemma4_model_hidden_size(m.Address); }
        }

        /// <summary>
        /// The prompt of a whole conversation as token ids, as the model's published chat template gives
        /// it.
        /// </summary>
        /// <param name="json">A request as chat APIs take it: "messages", "tools",
        /// "add_generation_prompt", "enable_thinking".</param>
        public int[] RenderJsonIds(string json)
        {
            byte[] bytes = NativeText.Bytes(json, "json");
            var numIds = new UIntPtr[1];
            using (Use model = _handle.Use())
            {
                Flat.gemma4_model_render_json_ids(
                    model.Address, bytes, (ulong)bytes.Length, Flat.GEMMA4_CHAT_AUTO, null, 0, numIds);
                var ids = new int[(int)numIds[0]];
                Flat.gemma4_model_render_json_ids(
                    model.Address, bytes, (ulong)bytes.Length, Flat.GEMMA4_CHAT_AUTO, ids,
                    (ulong)ids.Length, numIds);
                return ids;
            }
        }

        /// <summary>
        /// As RenderJsonIds, as text, in which content cannot be told from control tokens.
        /// </summary>
        public string RenderJson(string json)
        {
            byte[] bytes = NativeText.Bytes(json, "json");
            var size = new UIntPtr[1];
            using (Use model = _handle.Use())
            {
                Flat.gemma4_model_render_json(
                    model.Address, bytes, (ulong)bytes.Length, Flat.GEMMA4_CHAT_AUTO, null, 0, size);
                var text = new byte[(int)size[0]];
                Flat.gemma4_model_render_json(
                    model.Address, bytes, (ulong)bytes.Length, Flat.GEMMA4_CHAT_AUTO, text,
                    (ulong)text.Length, size);
                return System.Text.Encoding.UTF8.GetString(text);
            }
        }

        /// <summary>The longest context the model was made for, in tokens.</summary>
        public int MaxContextTokens
        {
            get
            {
                using (Use m = _handle.Use()) return (int)Flat.gemma4_model_max_context_tokens(m.Address);
            }
        }

        /// <summary>"E2B", "E4B", "12B", "26B-A4B", "31B", else "custom".</summary>
        public string Variant
        {
            get { using (Use m = _handle.Use()) return Flat.gemma4_model_variant(m.Address); }
        }

        /// <summary>"safetensors", "gguf" or "packed".</summary>
        public string Format
        {
            get { using (Use m = _handle.Use()) return Flat.gemma4_model_format(m.Address); }
        }

        /// <summary>How most of its weights compute.</summary>
        public Weights Weights
        {
            get { using (Use m = _handle.Use()) return (Weights)Flat.gemma4_model_weights(m.Address); }
        }

        /// <summary>Threads that compute, the caller's included.</summary>
        public int NumThreads
        {
            get { using (Use m = _handle.Use()) return (int)Flat.gemma4_model_num_threads(m.Address); }
        }

        /// <summary>Tokens of one forward pass of a prompt.</summary>
        public int PrefillChunkTokens
        {
            get
            {
                using (Use m = _handle.Use()) return (int)Flat.gemma4_model_prefill_chunk_tokens(m.Address);
            }
        }

        /// <summary>Whether text can go in and out; without a tokenizer, only token ids can.</summary>
        public bool HasTokenizer
        {
            get { using (Use m = _handle.Use()) return Flat.gemma4_model_has_tokenizer(m.Address) != 0; }
        }

        /// <summary>The token that begins every sequence.</summary>
        public int BosTokenId
        {
            get { using (Use m = _handle.Use()) return Flat.gemma4_model_bos_token_id(m.Address); }
        }

        /// <summary>Tokens that end a generation, from the checkpoint.</summary>
        public int[] StopTokenIds()
        {
            var numIds = new UIntPtr[1];
            using (Use model = _handle.Use())
            {
                IntPtr address = Flat.gemma4_model_stop_token_ids(model.Address, numIds);
                var ids = new int[(int)numIds[0]];
                if (ids.Length > 0) Marshal.Copy(address, ids, 0, ids.Length);
                return ids;
            }
        }

        /// <summary>Version of the native library: "0.1.0".</summary>
        public static string LibraryVersion
        {
            get { return Flat.gemma4_version(); }
        }

        /// <summary>One line for bug reports: version, compiler, architecture.</summary>
        public static string LibraryBuildInfo
        {
            get { return Flat.gemma4_build_info(); }
        }

        /// <summary>Whether the native library has a feature: "gguf", "time_budget", ...</summary>
        public static bool LibraryHasFeature(string name)
        {
            return Flat.gemma4_has_feature(name) != 0;
        }

        /// <summary>Gives the model back. Sessions that were made from it keep what they need.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }
    }
}
