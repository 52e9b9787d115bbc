using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Gemma4.Tests
{
    /// <summary>The binding as its users see it.</summary>
    internal static class BindingTest
    {
        internal static int RunAll()
        {
            Console.WriteLine(
                Type.GetType("Mono.Runtime") != null ? "runtime: Mono" : "runtime: .NET " + Environment.Version);
            Check.Run("tokens are those of the program in C", TokensOfC);
            Check.Run("a stream of text", Streams);
            Check.Run("an asynchronous stream of text", AsyncStreams);
            Check.Run("files in memory", FilesInMemory);
            Check.Run("a stream of bytes, and an exception from it", ByteStream);
            Check.Run("a packed file loads, and is verified", Packed);
            Check.Run("an emoji over four tokens comes out whole", Emoji);
            Check.Run("text goes to ids and back", Tokenize);
            Check.Run("progress of a load", Progress);
            Check.Run("what progress throws, the load throws", ProgressThrows);
            Check.Run("another thread cancels a generation", CancelFromAnotherThread);
            Check.Run("a token cancels an asynchronous stream", CancelAsync);
            Check.Run("a load is cancelled", LoadCancelled);
            Check.Run("the collector runs while a stream is open", Collector);
            Check.Run("what is forgotten is freed", Forgotten);
            Check.Run("the model is disposed before its session", ParentFirst);
            Check.Run("errors have a code and a text", Errors);
            Check.Run("using what is disposed", AfterDispose);
            Check.Run("a dispose waits for the call that runs", DisposeWhileRunning);
            Check.Run("two threads in one session", Busy);
            Check.Run("two models on one pool of threads", OnePool);
            Check.Run("reset and rewind", ResetAndRewind);
            Check.Run("logits", Logits);
            Check.Run("limits end a generation", Limits);
            Check.Run("the sampler hears of every option", Sampler);
            Check.Run("steps with a time budget say the same", TimeBudget);
            Check.Run("several sessions in one pass say the same", StepMany);
            Check.Run("a tool is called, and its result used", Tools);
            Check.Run("thoughts are apart from text", Thoughts);
            Check.Run("a fork goes its own way", Fork);
            Check.Run("a session is saved and restored", SaveAndRestore);
            Check.Run("whole conversations", Conversations);
            Check.Run("a reply follows a schema, a grammar, the tools", Constraints);
            Check.Run("stop strings, logprobs, scores, vectors", Numbers);
            Check.Run("what a checkpoint is and takes", Inspect);
            return Check.Finish();
        }

        private static Model Load()
        {
            return Model.Load(DemoModel.Path);
        }

        private static void OnePool()
        {
            var pool = new ModelThreadPool(3);
            Check.Equal(3, pool.NumThreads);
            var options = new LoadOptions { ThreadPool = pool };
            Check.Fails(ErrorCode.InvalidArgument, "thread_pool", () => Model.Load(
                DemoModel.Path, new LoadOptions { ThreadPool = pool, NumThreads = 2 }));
            using (Model first = Model.Load(DemoModel.Path, options))
            using (Model second = Model.Load(DemoModel.Path, options))
            {
                pool.Dispose();
                Check.Equal(3, first.NumThreads);
                Check.Equal(3, second.NumThreads);
                Task<string>[] answers = new[] { first, second }.Select(model => Task.Run(() =>
                {
                    using (Session session = model.CreateSession(DemoModel.Greedy))
                    {
                        return string.Concat(session.Generate(DemoModel.Question));
                    }
                })).ToArray();
                foreach (Task<string> answer in answers) Check.Equal(DemoModel.Answer, answer.Result);
                var e = Check.Throws<ObjectDisposedException>(() => Model.Load(DemoModel.Path, options));
                Check.Equal("ModelThreadPool", e.ObjectName);
                Check.Throws<ObjectDisposedException>(() => Console.WriteLine(pool.NumThreads));
            }
            pool.Dispose();
            Check.Fails(ErrorCode.InvalidArgument, "at most 1024", () => new ModelThreadPool(1025));
            Check.Throws<ArgumentOutOfRangeException>(() => new ModelThreadPool(-1));
            using (var everyCore = new ModelThreadPool())
            using (Model model = Load())
            {
                Check.Equal(model.NumThreads, everyCore.NumThreads);
            }
        }

        private static void TokensOfC()
        {
            var replies = DemoModel.RepliesOfC();
            Check.That(replies.ContainsKey(DemoModel.Question), "C was asked about France");
            using (Model model = Load())
            {
                foreach (var reply in replies)
                {
                    using (Session session = model.CreateSession(DemoModel.Greedy))
                    {
                        session.AddUser(reply.Key);
                        int[] ids = session.Events()
                            .Where(e => e.Kind == EventKind.Text && e.TokenId >= 0)
                            .Select(e => e.TokenId).ToArray();
                        Check.Equal(reply.Value, ids);
                    }
                }
            }
        }

        private static void Streams()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                List<string> pieces = session.Generate(DemoModel.Question).ToList();
                Check.That(pieces.Count > 2, "the text comes in pieces");
                Check.Equal(DemoModel.Answer, string.Concat(pieces));
                session.Reset();
                session.AddSystem("You are Nora, a fisher near the river.");
                Check.Equal("I sell fish and nets.", string.Concat(session.Generate("What do you sell?")));
                // Left in the middle, gone on with.
                session.Reset();
                string first = string.Concat(session.Generate(DemoModel.Question).Take(2));
                Check.Equal(DemoModel.Answer, first + string.Concat(session.Generate()));
            }
        }

        private static async Task<List<T>> All<T>(IAsyncEnumerable<T> stream)
        {
            var all = new List<T>();
            IAsyncEnumerator<T> pass = stream.GetAsyncEnumerator();
            try
            {
                while (await pass.MoveNextAsync()) all.Add(pass.Current);
                Check.That(!await pass.MoveNextAsync(), "the end stays the end");
            }
            finally
            {
                await pass.DisposeAsync();
            }
            return all;
        }

        private static void AsyncStreams()
        {
            using (Model model = Model.LoadAsync(DemoModel.Path).Result)
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                Check.Equal(
                    DemoModel.Answer, string.Concat(All(session.GenerateAsync(DemoModel.Question)).Result));
                session.Reset();
                session.AddUser(DemoModel.Question);
                List<Event> events = All(session.EventsAsync()).Result;
                Check.Equal(EndReason.StopToken, events.Last().EndReason);
                Check.Equal(DemoModel.Answer, string.Concat(events.Select(e => e.Text)));
            }
        }

        private static void FilesInMemory()
        {
            var files = DemoModel.Files();
            using (Model model = Model.LoadFiles(files))
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                foreach (byte[] file in files.Values) Array.Clear(file, 0, file.Length);
                files.Clear();
                GC.Collect();
                Check.Equal(DemoModel.Answer, string.Concat(session.Generate(DemoModel.Question)));
            }
        }

        private sealed class BrokenStream : Stream
        {
            internal readonly Exception Mine = new IOException("the network is down");
            public override bool CanRead { get { return true; } }
            public override bool CanSeek { get { return false; } }
            public override bool CanWrite { get { return false; } }
            public override long Length { get { return 1000000; } }
            public override long Position { get; set; }
            public override void Flush() { }
            public override int Read(byte[] buffer, int offset, int count) { throw Mine; }
            public override long Seek(long offset, SeekOrigin origin) { throw new NotSupportedException(); }
            public override void SetLength(long value) { throw new NotSupportedException(); }
            public override void Write(byte[] b, int o, int c) { throw new NotSupportedException(); }
        }

        private static void ByteStream()
        {
            string packed = Path.GetTempFileName();
            try
            {
                Model.Pack(DemoModel.Path, packed);
                using (Stream stream = File.OpenRead(packed))
                using (Model model = Model.LoadStream(stream))
                using (Session session = model.CreateSession(DemoModel.Greedy))
                {
                    Check.Equal(DemoModel.Answer, string.Concat(session.Generate(DemoModel.Question)));
                }
                byte[] bytes = File.ReadAllBytes(packed);
                Check.Throws<EndOfStreamException>(
                    () => Model.LoadStream(new MemoryStream(bytes, 0, bytes.Length / 2), bytes.Length));
            }
            finally
            {
                File.Delete(packed);
            }
            var broken = new BrokenStream();
            Check.That(
                ReferenceEquals(broken.Mine, Check.Throws<IOException>(() => Model.LoadStream(broken))),
                "the stream's own exception comes out");
        }

        private static void Packed()
        {
            string packed = Path.Combine(Path.GetTempPath(), "modèle 🙂 " + Guid.NewGuid() + ".g4");
            try
            {
                Model.Pack(DemoModel.Path, packed);
                Model.Verify(packed);
                using (Model model = Model.Load(packed)) Check.Equal("packed", model.Format);
            }
            finally
            {
                File.Delete(packed);
            }
            Check.Fails(ErrorCode.NotFound, "fehlt 🙂.g4", () => Model.Verify("/fehlt 🙂.g4"));
        }

        private static void Emoji()
        {
            string prompt = "<bos><|turn>user\n" + DemoModel.Question + "<turn|>\n<|turn>model\n";
            using (Model plain = Load())
            {
                int[] answer = DemoModel.RepliesOfC()[DemoModel.Question];
                int[] ids = plain.Tokenize(prompt, TextOptions.ParseSpecial);
                using (Model model = Model.LoadFiles(DemoModel.FilesThatAnswerWithAnEmoji(plain, answer)))
                using (Session session = model.CreateSession(DemoModel.Greedy))
                {
                    session.Prefill(ids);
                    string[] pieces = session.Events().Where(e => e.Kind == EventKind.Text)
                        .Select(e => e.Text).Take(5).ToArray();
                    Check.Equal(new[] { "The", "", "", "", "😀" }, pieces);
                }
            }
        }

        private static void Tokenize()
        {
            using (Model model = Load())
            {
                foreach (string text in new[] { "", "Hello", "Grüße 😀 \0 ¡!", "👩‍👩‍👧" })
                    Check.Equal(text, model.Detokenize(model.Tokenize(text)));
                Check.Equal(model.BosTokenId, model.Tokenize("x", TextOptions.AddBos)[0]);
                Check.Fails(ErrorCode.InvalidUtf8, "surrogate", () => model.Tokenize("a\ud83d"));
                Check.Fails(ErrorCode.InvalidArgument, "2048", () => model.Detokenize(1, 2048));
                Check.Throws<ArgumentNullException>(() => model.Tokenize(null));
                Check.Throws<ArgumentException>(() => Model.Load("a\0b"));
            }
        }

        private sealed class Listener : IProgress<float>
        {
            private readonly Action<float> _heard;
            internal Listener(Action<float> heard) { _heard = heard; }
            public void Report(float value) { _heard(value); }
        }

        private static void Progress()
        {
            var heard = new List<float>();
            Thread loading = Thread.CurrentThread;
            Model.Load(DemoModel.Path, null, new Listener(part =>
            {
                Check.That(Thread.CurrentThread == loading, "on the loading thread");
                heard.Add(part);
            })).Dispose();
            Check.That(heard.Count > 1, "progress is heard more than once");
            Check.That(heard.All(part => part >= 0 && part <= 1), "between 0 and 1");
            Check.Equal(1f, heard.Last());
        }

        private static void ProgressThrows()
        {
            var mine = new InvalidOperationException("enough");
            var thrown = Check.Throws<InvalidOperationException>(
                () => Model.Load(DemoModel.Path, null, new Listener(part => { throw mine; })));
            Check.That(ReferenceEquals(mine, thrown), "the same exception comes out");
            Load().Dispose();
        }

        /// <summary>A generation that goes on until the context is full.</summary>
        private static Session Endless(Model model)
        {
            SessionOptions options = DemoModel.Greedy;
            options.StopTokenIds = new[] { 0 };
            options.MaxContextTokens = 4096;
            Session session = model.CreateSession(options);
            session.AddUser(DemoModel.Question);
            return session;
        }

        private static void CancelFromAnotherThread()
        {
            using (Model model = Load())
            using (Session session = Endless(model))
            using (var source = new CancellationTokenSource())
            {
                var started = new ManualResetEventSlim();
                var canceller = new Thread(() =>
                {
                    started.Wait();
                    source.Cancel();
                });
                canceller.Start();
                var e = Check.Throws<OperationCanceledException>(() =>
                {
                    foreach (Event one in session.Events(source.Token)) started.Set();
                });
                canceller.Join();
                Check.That(e.CancellationToken == source.Token, "it is his token");
                Check.That(session.Step().Kind != EventKind.End, "the session goes on");
                Check.Throws<OperationCanceledException>(() => session.Prefill(new[] { 1, 2 }, source.Token));
                session.Prefill();
            }
        }

        private static void CancelAsync()
        {
            using (Model model = Load())
            using (Session session = Endless(model))
            using (var byCall = new CancellationTokenSource())
            using (var byPass = new CancellationTokenSource())
            {
                IAsyncEnumerator<string> pass =
                    session.GenerateAsync(byCall.Token).GetAsyncEnumerator(byPass.Token);
                Check.That(pass.MoveNextAsync().AsTask().Result, "it begins");
                byPass.CancelAfter(20);
                Func<Task> rest = async () =>
                {
                    while (await pass.MoveNextAsync()) { }
                };
                Check.Throws<OperationCanceledException>(() => rest().GetAwaiter().GetResult());
                pass.DisposeAsync().AsTask().Wait();
                Check.That(session.Position < 4000, "long before the context is full");
            }
        }

        private static void LoadCancelled()
        {
            using (var source = new CancellationTokenSource())
            {
                var listener = new Listener(part => source.Cancel());
                Check.Throws<OperationCanceledException>(
                    () => Model.Load(DemoModel.Path, null, listener, source.Token));
                Task<Model> task = Model.LoadAsync(DemoModel.Path, null, null, source.Token);
                Check.Throws<OperationCanceledException>(() => task.GetAwaiter().GetResult());
                Check.That(task.IsCanceled, "the task is cancelled, not failed");
            }
        }

        private static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        private static void Collector()
        {
            using (Model model = Load())
            {
                // Nobody but the stream refers to the session.
                IEnumerable<string> stream =
                    model.CreateSession(DemoModel.Greedy).Generate(DemoModel.Question);
                string all = "";
                foreach (string piece in stream)
                {
                    Collect();
                    all += piece;
                }
                Check.Equal(DemoModel.Answer, all);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Forget(Model model)
        {
            Session kept = model.CreateSession(DemoModel.Greedy);
            Check.Fails(ErrorCode.MemoryBudget, "budget", () => model.CreateSession(DemoModel.Greedy));
            GC.KeepAlive(kept);
        }

        /// <summary>On another thread, whose stack is gone: Mono scans stacks conservatively.</summary>
        private static void OnItsOwnThread(Action action)
        {
            Exception thrown = null;
            var thread = new Thread(() =>
            {
                try { action(); }
                catch (Exception e) { thrown = e; }
            });
            thread.Start();
            thread.Join();
            if (thrown != null) throw thrown;
        }

        private static void Forgotten()
        {
            var options = new LoadOptions();
            using (ModelInfo info = ModelInfo.Inspect(DemoModel.Path))
            {
                MemoryNeeds needs = info.EstimateMemory(options, DemoModel.Greedy);
                // Room for one session: its memory must have come back for the next.
                options.MemoryBudgetBytes = needs.ResidentBytes + needs.KvBytes / 2;
            }
            using (Model model = Model.Load(DemoModel.Path, options))
            {
                OnItsOwnThread(() => Forget(model));
                Session next = null;
                for (int i = 0; i < 400 && next == null; i++)
                {
                    Collect();
                    try
                    {
                        next = model.CreateSession(DemoModel.Greedy);
                    }
                    catch (Gemma4Exception e)
                    {
                        Check.Equal(ErrorCode.MemoryBudget, e.Code);
                        Thread.Sleep(5);
                    }
                }
                Check.That(next != null, "the forgotten session was freed");
                next.Dispose();
            }
        }

        private static void ParentFirst()
        {
            Model model = Load();
            Session session = model.CreateSession(DemoModel.Greedy);
            model.Dispose();
            model.Dispose();
            Collect();
            Check.Equal(DemoModel.Answer, string.Concat(session.Generate(DemoModel.Question)));
            session.Dispose();
            session.Dispose();
        }

        private static void Errors()
        {
            Check.Fails(ErrorCode.NotFound, "/no/such", () => Model.Load("/no/such"));
            Check.Fails(ErrorCode.NotFound, "/no/such", () => ModelInfo.Inspect("/no/such"));
            Check.Fails(ErrorCode.InvalidArgument, "9999",
                () => Model.Load(DemoModel.Path, new LoadOptions { NumThreads = 9999 }));
            Check.Fails(ErrorCode.MemoryBudget, "1000",
                () => Model.Load(DemoModel.Path, new LoadOptions { MemoryBudgetBytes = 1000 }));
            Check.Throws<ArgumentOutOfRangeException>(
                () => Model.Load(DemoModel.Path, new LoadOptions { NumThreads = -1 }));
            using (Model model = Load())
            using (Session session = model.CreateSession(new SessionOptions { MaxContextTokens = 8 }))
            {
                Check.Fails(ErrorCode.State, "append", () => session.Step());
                Check.Fails(ErrorCode.ContextFull, "8", () => session.AddUser("one two three four five"));
            }
            Check.Equal("not found", Flat.gemma4_status_name(Flat.GEMMA4_ERROR_NOT_FOUND));
            foreach (ErrorCode code in Enum.GetValues(typeof(ErrorCode)))
                Check.That(Flat.gemma4_status_name((int)code) != "unknown", code + " is a code");
        }

        private static void AfterDispose()
        {
            Model model = Load();
            Session session = model.CreateSession();
            session.AddUser("Hi");
            IEnumerator<Event> events = session.Events().GetEnumerator();
            Check.That(events.MoveNext(), "it begins");
            session.Dispose();
            Check.Throws<ObjectDisposedException>(() => events.MoveNext());
            Check.Throws<ObjectDisposedException>(() => session.AddUser("x"));
            Check.Throws<ObjectDisposedException>(() => Console.WriteLine(session.Position));
            model.Dispose();
            var e = Check.Throws<ObjectDisposedException>(() => model.CreateSession());
            Check.Equal("Model", e.ObjectName);
        }

        private static void DisposeWhileRunning()
        {
            for (int i = 0; i < 5; i++)
            {
                Model model = Load();
                Session session = Endless(model);
                var started = new ManualResetEventSlim();
                Exception thrown = null;
                var thread = new Thread(() =>
                {
                    try
                    {
                        foreach (Event one in session.Events()) started.Set();
                    }
                    catch (Exception e)
                    {
                        thrown = e;
                    }
                });
                thread.Start();
                started.Wait();
                model.Dispose();
                session.Dispose();
                Check.That(thread.Join(30000), "it ends");
                Check.That(thrown is ObjectDisposedException, "" + thrown);
            }
        }

        private static void Busy()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession())
            {
                int[] many = Enumerable.Repeat(100, 3000).ToArray();
                var thread = new Thread(() =>
                {
                    for (bool done = false; !done;)
                    {
                        try
                        {
                            session.Prefill(many);
                            done = true;
                        }
                        catch (Gemma4Exception e) // the rewind below was there first
                        {
                            Check.Equal(ErrorCode.Busy, e.Code);
                        }
                    }
                });
                thread.Start();
                ErrorCode code = 0;
                while (thread.IsAlive && code == 0)
                {
                    try
                    {
                        session.Rewind(0); // changes nothing before the other thread has begun
                    }
                    catch (Gemma4Exception e)
                    {
                        code = e.Code;
                    }
                }
                thread.Join();
                Check.Equal(ErrorCode.Busy, code);
            }
        }

        private static void ResetAndRewind()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                session.AddUser(DemoModel.Question);
                long mark = session.Position;
                string first = string.Concat(session.Generate());
                session.Rewind(mark);
                Check.Equal(mark, session.Position);
                Check.Equal(first, string.Concat(session.Generate()));
                Check.Fails(ErrorCode.InvalidArgument, "100000", () => session.Rewind(100000));
                session.Reset();
                Check.Equal(0L, session.Position);
            }
        }

        private static void Logits()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession())
            {
                Check.Fails(ErrorCode.State, "", () => session.Logits());
                int[] ids = model.Tokenize("Hello there", TextOptions.AddBos);
                int vocab = model.VocabSize;
                float[] rows = session.PrefillLogits(ids, vocab);
                Check.Equal(ids.Length * vocab, rows.Length);
                Check.Equal(rows.Skip((ids.Length - 1) * vocab).ToArray(), session.Logits());
            }
        }

        private static void Limits()
        {
            SessionOptions options = DemoModel.Greedy;
            options.MaxNewTokens = 3;
            using (Model model = Load())
            using (Session session = model.CreateSession(options))
            {
                session.AddUser(DemoModel.Question);
                List<Event> events = session.Events().ToList();
                Check.Equal(EventKind.End, events.Last().Kind);
                Check.Equal(EndReason.MaxTokens, events.Last().EndReason);
                Check.Equal(3, events.Count(e => e.Kind == EventKind.Text));
                Check.Equal(EventKind.Prefill, events[0].Kind);
                Check.Equal(events[0].NumTokensTotal, events[0].NumTokensDone);
            }
        }

        private static void Sampler()
        {
            int first = DemoModel.RepliesOfC()[DemoModel.Question][0];
            SamplerOptions banned = SamplerOptions.Greedy, biased = SamplerOptions.Greedy;
            banned.BannedTokenIds = new[] { 5, first };
            biased.LogitBias =
                new Dictionary<int, float> { { 5, 0 }, { first, float.NegativeInfinity } };
            using (Model model = Load())
            {
                foreach (SamplerOptions options in new[] { banned, biased })
                {
                    using (Session session = model.CreateSession(new SessionOptions { Sampler = options }))
                    {
                        session.AddUser(DemoModel.Question);
                        int id = session.Events().First(e => e.Kind == EventKind.Text).TokenId;
                        Check.That(id != first, "it is banned");
                    }
                }
                foreach (SamplerOptions options in new[]
                {
                    new SamplerOptions { MinP = 2 }, new SamplerOptions { RepetitionPenalty = -1 },
                    new SamplerOptions { FrequencyPenalty = float.NaN },
                    new SamplerOptions { PresencePenalty = float.NaN }, new SamplerOptions { TopP = 2 }
                })
                {
                    Check.Fails(ErrorCode.InvalidArgument, "",
                        () => model.CreateSession(new SessionOptions { Sampler = options }));
                }
            }
        }

        private static void TimeBudget()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                session.AddUser(DemoModel.Question);
                string all = "";
                int numPending = 0;
                Event last;
                do
                {
                    last = session.Step(TimeSpan.FromTicks(1));
                    if (last.Kind == EventKind.Pending) numPending++;
                    all += last.Text;
                } while (last.Kind != EventKind.End);
                Check.That(numPending > 0, "a microsecond is soon spent");
                Check.Equal(DemoModel.Answer, all);
                Check.Throws<ArgumentOutOfRangeException>(() => session.Step(TimeSpan.FromTicks(-1)));
            }
        }

        private static void StepMany()
        {
            var replies = DemoModel.RepliesOfC();
            using (Model model = Load())
            {
                var ids = new Dictionary<Session, List<int>>();
                var expected = new Dictionary<Session, int[]>();
                foreach (var reply in replies)
                {
                    Session session = model.CreateSession(DemoModel.Greedy);
                    session.AddUser(reply.Key);
                    ids[session] = new List<int>();
                    expected[session] = reply.Value;
                }
                List<Session> running = ids.Keys.ToList(), all = ids.Keys.ToList();
                while (running.Count > 0)
                {
                    IReadOnlyList<Event> events = Session.StepMany(running);
                    Check.Equal(running.Count, events.Count);
                    for (int i = events.Count - 1; i >= 0; i--)
                    {
                        Check.Equal(null, events[i].Error);
                        if (events[i].Kind == EventKind.Text && events[i].TokenId >= 0)
                            ids[running[i]].Add(events[i].TokenId);
                        else if (events[i].Kind == EventKind.End) running.RemoveAt(i);
                    }
                }
                foreach (Session session in all) Check.Equal(expected[session], ids[session].ToArray());
                // One's error is nothing to the others.
                all[0].Reset();
                all[1].AddUser("What is 2 + 2?");
                IReadOnlyList<Event> two = Session.StepMany(all.Take(2).ToList());
                Check.Equal(ErrorCode.State, two[0].Error);
                Check.Equal(EventKind.Prefill, two[1].Kind);
                all[2].Dispose();
                Check.Throws<ObjectDisposedException>(() => Session.StepMany(all));
                foreach (Session session in all) session.Dispose();
            }
        }

        // The words that the tiny model was trained with.
        private const string ToolsJson =
            "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"Gets" +
            " the weather of a city.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":" +
            "{\"type\":\"string\",\"description\":\"The city.\"}},\"required\":[\"city\"]}}}]";

        private static void Tools()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                session.SetToolsJson(ToolsJson);
                session.AddUser("What is the weather in Paris?");
                List<Event> events = session.Events().ToList();
                Event call = events.First(e => e.Kind == EventKind.ToolCall);
                Check.Equal("get_weather {\"city\":\"Paris\"} 0",
                    call.ToolName + " " + call.ToolArgumentsJson + " " + call.ToolCallId);
                Check.Equal(EndReason.ToolCalls, events.Last().EndReason);
                Check.Fails(ErrorCode.InvalidArgument, "1", () => session.AddToolResult(1, "x"));
                session.AddToolResultJson(0, "{\"sky\": \"sunny\", \"temperature\": 21}");
                Check.Equal("It is sunny in Paris and 21 degrees.", string.Concat(session.Generate()));
            }
        }

        private static void Thoughts()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                session.SetThinking(true);
                session.AddUser("What is 8 * 7?");
                List<Event> events = session.Events().ToList();
                Check.Equal("8 * 7 = 56", string.Concat(events.Select(e => e.Text)));
                string thought = string.Concat(events.Select(e => e.Thought));
                Check.That(thought.Contains("I compute it"), thought);
            }
        }

        private static void Fork()
        {
            using (Model model = Load())
            using (Session session = model.CreateSession(DemoModel.Greedy))
            {
                session.AddUser(DemoModel.Question);
                session.Prefill();
                using (Session fork = session.Fork())
                {
                    Check.Equal(DemoModel.Answer, string.Concat(fork.Generate()));
                    Check.Equal("7 + 5 = 12", string.Concat(fork.Generate("What is 7 + 5?")));
                }
                session.SetSampler(SamplerOptions.Greedy);
                Check.Equal(DemoModel.Answer, string.Concat(session.Generate()));
            }
        }

        private static void SaveAndRestore()
        {
            string path = Path.GetTempFileName();
            try
            {
                using (Model model = Load())
                using (Session session = model.CreateSession(DemoModel.Greedy))
                using (Session other = model.CreateSession(DemoModel.Greedy))
                {
                    session.AddUser(DemoModel.Question);
                    session.Prefill();
                    var bytes = new MemoryStream();
                    session.Save(bytes);
                    session.Save(path);
                    other.Restore(path);
                    Check.Equal(DemoModel.Answer, string.Concat(other.Generate()));
                    bytes.Position = 0;
                    other.Restore(bytes);
                    Check.Equal(session.Position, other.Position);
                    Check.Equal(DemoModel.Answer, string.Concat(other.Generate()));

                    long position = other.Position;
                    var half = new MemoryStream(bytes.ToArray(), 0, (int)bytes.Length / 2);
                    Check.Throws<Gemma4Exception>(() => other.Restore(half));
                    var broken = new BrokenStream();
                    Check.That(
                        ReferenceEquals(broken.Mine, Check.Throws<IOException>(() => other.Restore(broken))),
                        "the stream's own exception comes out");
                    Check.Throws<NotSupportedException>(() => session.Save(broken));
                    Check.Equal(position, other.Position);
                    using (var source = new CancellationTokenSource())
                    {
                        source.Cancel();
                        Check.Throws<OperationCanceledException>(
                            () => session.Save(new MemoryStream(), source.Token));
                    }
                }
            }
            finally
            {
                File.Delete(path);
            }
        }

        private static void Conversations()
        {
            string request =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"What is 7 + 5?\"},{\"role\":" +
                "\"assistant\",\"content\":\"7 + 5 = 12\"},{\"role\":\"user\",\"content\":\"" +
                DemoModel.Question + "\"}],\"add_generation_prompt\":true}";
            using (Model model = Load())
            using (Session told = model.CreateSession(DemoModel.Greedy))
            using (Session whole = model.CreateSession(DemoModel.Greedy))
            {
                told.AddUser("What is 7 + 5?");
                told.AddModel("7 + 5 = 12");
                told.AddUser(DemoModel.Question);
                whole.SetMessagesJson(request);
                Check.Equal(told.Position, whole.Position);
                string answer = string.Concat(told.Generate());
                Check.Equal(answer, string.Concat(whole.Generate()));
                whole.SetMessagesJson(request);
                Check.That(whole.Step().NumTokensReused > 10, "what is there is not run again");
                int[] ids = model.RenderJsonIds(request);
                Check.Equal(model.RenderJson(request), model.Detokenize(ids));
                whole.SetIds(ids);
                Check.Equal(answer, string.Concat(whole.Generate()));
            }
        }

        private static string Constrained(Model model, SamplerOptions sampler)
        {
            using (Session session = model.CreateSession(new SessionOptions { Sampler = sampler }))
                return string.Concat(session.Generate(DemoModel.Question));
        }

        private static void Constraints()
        {
            SamplerOptions schema = SamplerOptions.Greedy, grammar = SamplerOptions.Greedy,
                broken = SamplerOptions.Greedy, calls = SamplerOptions.Greedy;
            schema.JsonSchema = "{\"enum\":[\"calm\",\"angry\"]}";
            grammar.Grammar = "root ::= \"yes\" | \"no\"";
            broken.JsonSchema = "{";
            calls.RequiresToolCall = true;
            using (Model model = Load())
            {
                string text = Constrained(model, schema);
                Check.That(text == "\"calm\"" || text == "\"angry\"", text);
                text = Constrained(model, grammar);
                Check.That(text == "yes" || text == "no", text);
                Check.Fails(ErrorCode.InvalidArgument, "schema", () => Constrained(model, broken));
                using (Session session = model.CreateSession(new SessionOptions { Sampler = calls }))
                {
                    session.SetToolsJson(ToolsJson);
                    session.AddUser(DemoModel.Question);
                    Check.Equal("get_weather", string.Concat(session.Events().Select(e => e.ToolName)));
                }
            }
        }

        private static void Numbers()
        {
            SessionOptions options = DemoModel.Greedy;
            options.StopStrings = new[] { "no such 🙂", "France is" };
            options.Logprobs = true;
            options.NumTopLogprobs = 2;
            using (Model model = Load())
            {
                using (Session session = model.CreateSession(options))
                {
                    session.AddUser(DemoModel.Question);
                    List<Event> events = session.Events().ToList();
                    Check.Equal(EndReason.StopString, events.Last().EndReason);
                    Check.Equal("The capital of ", string.Concat(events.Select(e => e.Text)));
                    foreach (Event one in events.Where(e => e.Kind == EventKind.Text && e.TokenId >= 0))
                    {
                        Check.Equal(2, one.TopLogprobs.Count);
                        Check.Equal(one.TokenId, one.TopLogprobs[0].TokenId); // greedy
                        Check.Equal(one.Logprob, one.TopLogprobs[0].Logprob);
                    }
                }
                using (Session session = model.CreateSession(DemoModel.Greedy))
                {
                    session.AddUser(DemoModel.Question);
                    float likely, unlikely;
                    using (Session fork = session.Fork())
                        likely = fork.Score(model.Tokenize("The capital"))[0];
                    using (Session fork = session.Fork())
                        unlikely = fork.Score(model.Tokenize("capital The"))[0];
                    Check.That(likely > unlikely, likely + " > " + unlikely);
                    float[] vector = session.Embed(
                        model.Tokenize("hello"), model.HiddenSize, Pooling.Mean, normalize: true);
                    Check.That(Math.Abs(vector.Sum(x => (double)x * x) - 1) < 1e-3, "its length is 1");
                }
            }
        }

        private static void Inspect()
        {
            using (ModelInfo info = ModelInfo.InspectFiles(DemoModel.Files()))
            {
                GC.Collect();
                Check.Equal(2048, info.VocabSize);
                Check.That(info.Tensors().Count > 10, "it has tensors");
            }
            using (ModelInfo info = ModelInfo.Inspect(DemoModel.Path))
            {
                Check.Equal("safetensors custom True", info.Format + " " + info.Variant + " " + info.HasTokenizer);
                Check.Equal(
                    new[] { 2048, 256, 10, 5, 64, 4096 },
                    new[]
                    {
                        info.VocabSize, info.HiddenSize, info.NumLayers, info.NumKvLayers,
                        info.SlidingWindow, info.MaxContextTokens
                    });
                TensorInfo table = info.Tensors().First(t => t.Shape == "[2048, 256]");
                Check.Equal("BF16", table.Type);
                Check.Equal(2048ul * 256 * 2, table.SizeBytes);
                MemoryNeeds few = info.EstimateMemory(null, new SessionOptions { MaxContextTokens = 256 });
                MemoryNeeds many = info.EstimateMemory(new LoadOptions { Weights = Weights.Exact });
                Check.That(few.KvBytes < many.KvBytes, "a longer context takes more");
                Check.That(few.WeightsResidentBytes < many.WeightsResidentBytes, "exact weights take more");
                Check.Equal(
                    few.ResidentBytes, few.WeightsResidentBytes + few.KvBytes + few.ScratchBytes);
            }
            using (Model model = Model.Load(DemoModel.Path, new LoadOptions { Weights = Weights.Int8 }))
            {
                Check.Equal(Weights.Int8, model.Weights);
                Check.That(model.StopTokenIds().Length > 0, "it has stop tokens");
                Check.That(model.NumThreads > 0 && model.PrefillChunkTokens > 0, "decided");
            }
            Check.That(Model.LibraryHasFeature("gguf"), "gguf");
            Check.That(!Model.LibraryHasFeature("nonsense"), "nonsense");
            Check.That(Model.LibraryBuildInfo.Contains(Model.LibraryVersion), "the version");
        }
    }
}
