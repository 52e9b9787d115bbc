using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Gemma4.Tests
{
    /// <summary>
    /// What the binding adds to C: time for each token, and memory that does not come back.
    /// </summary>
    internal static class CostTest
    {
        private const int TokensABatch = 1000;
        private const double MostMicroseconds = 20;
        private const double MostMegabytes = 4;

        internal static int RunAll()
        {
            Check.Run("a token's time beside that of C: events", Events);
            Check.Run("a token's time beside that of C: a stream of text", Text);
            Check.Run("a token's time beside that of C: an asynchronous stream", TextAsync);
            Check.Run("memory is flat over 10,000 sessions", Sessions);
            Check.Run("memory is flat over 100 models", Models);
            return Check.Finish();
        }

        private static void Events()
        {
            using (Model model = Model.Load(DemoModel.Path))
            using (Session session = model.CreateSession())
            {
                session.AddUser(DemoModel.Question);
                var times = new Times();
                foreach (Event one in session.Events())
                {
                    if (times.Took(one.Text)) break;
                }
                times.Judge();
            }
        }

        private static void Text()
        {
            using (Model model = Model.Load(DemoModel.Path))
            using (Session session = model.CreateSession())
            {
                var times = new Times();
                foreach (string text in session.Generate(DemoModel.Question))
                {
                    if (times.Took(text)) break;
                }
                times.Judge();
            }
        }

        private static void TextAsync()
        {
            using (Model model = Model.Load(DemoModel.Path))
            using (Session session = model.CreateSession())
            {
                var times = new Times();
                TakeAll(session.GenerateAsync(DemoModel.Question), times).Wait();
                times.Judge();
            }
        }

        private static async Task TakeAll(IAsyncEnumerable<string> texts, Times times)
        {
            IAsyncEnumerator<string> pass = texts.GetAsyncEnumerator();
            while (await pass.MoveNextAsync().ConfigureAwait(false))
            {
                if (times.Took(pass.Current)) break;
            }
            await pass.DisposeAsync().ConfigureAwait(false);
        }

        /// <summary>
        /// What batches of tokens took. Steps take no time themselves: tests/instant_steps.c makes the
        /// tokens.
        /// </summary>
        private sealed class Times
        {
            private readonly List<double> _micros = new List<double>();
            private readonly Stopwatch _clock = Stopwatch.StartNew();
            private int _numTokens;

            /// <summary>Whether that is enough.</summary>
            internal bool Took(string text)
            {
                if (_numTokens == 0) Check.Equal(" grüß", text); // or else nothing was preloaded
                if (++_numTokens % TokensABatch != 0) return false;
                _micros.Add(_clock.Elapsed.TotalMilliseconds * 1e3 / TokensABatch);
                _clock.Restart();
                return _micros.Count == 41;
            }

            internal void Judge()
            {
                _micros.Sort();
                Print(
                    "  {0:F2} us a token; median of the batches {1:F2} us", _micros[0],
                    _micros[_micros.Count / 2]);
                Check.That(_micros[0] < MostMicroseconds, "less than " + MostMicroseconds + " us");
            }
        }

        private static void Sessions()
        {
            using (Model model = Model.Load(DemoModel.Path))
            {
                SessionOptions options = DemoModel.Greedy;
                options.StopStrings = new[] { "no such" };
                Flat(10000, () =>
                {
                    using (Session session = model.CreateSession(options))
                    {
                        session.AddUser(DemoModel.Question);
                        Check.Throws<Gemma4Exception>(() => session.Rewind(100000));
                    }
                });
            }
        }

        private sealed class Deaf : IProgress<float>
        {
            public void Report(float value) { }
        }

        private static void Models()
        {
            Flat(100, () => Model.Load(DemoModel.Path, null, new Deaf()).Dispose());
        }

        private static void Flat(int rounds, Action round)
        {
            for (int i = 0; i < rounds / 5; i++) round();
            // The collector's own heap takes its size at times; what is lost is lost in every pass.
            double grown = double.MaxValue;
            for (int pass = 0; pass < 5 && grown >= MostMegabytes; pass++)
            {
                double before = ResidentMegabytes();
                for (int i = 0; i < rounds; i++) round();
                grown = ResidentMegabytes() - before;
                Print("  {0:F1} MB, grown by {1:F2} MB in {2} rounds", before + grown, grown, rounds);
            }
            Check.That(grown < MostMegabytes, "less than " + MostMegabytes + " MB");
        }

        private static double ResidentMegabytes()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            string line = File.ReadAllLines("/proc/self/status").First(l => l.StartsWith("VmRSS:"));
            return long.Parse(new string(line.Where(char.IsDigit).ToArray())) / 1e3;
        }

        private static void Print(string format, params object[] numbers)
        {
            Console.WriteLine(string.Format(CultureInfo.InvariantCulture, format, numbers));
        }
    }
}
