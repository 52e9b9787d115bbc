using System;
using System.Collections;
using System.Linq;

namespace Gemma4.Tests
{
    /// <summary>Checks of the tests; the first one that fails ends its test.</summary>
    internal static class Check
    {
        private static int numFailed;

        /// <summary>Runs a test; its name is a sentence about behaviour.</summary>
        internal static void Run(string name, Action test)
        {
            Console.WriteLine(name);
            try
            {
                test();
            }
            catch (Exception e)
            {
                numFailed++;
                Console.WriteLine("FAILED: " + name + "\n" + e);
            }
        }

        internal static int Finish()
        {
            Console.WriteLine(numFailed == 0 ? "all passed" : numFailed + " failed");
            return numFailed == 0 ? 0 : 1;
        }

        internal static void That(bool condition, string what)
        {
            if (!condition) throw new Exception("not true: " + what);
        }

        internal static void Equal(object expected, object actual)
        {
            if (Text(expected) != Text(actual))
                throw new Exception("found " + Text(actual) + ", expected " + Text(expected));
        }

        private static string Text(object o)
        {
            var list = o as Array;
            return list == null
                ? (o == null ? "null" : o.GetType().Name + " \"" + o + "\"")
                : "[" + string.Join(", ", list.Cast<object>().Select(x => "" + x).ToArray()) + "]";
        }

        internal static T Throws<T>(Action test) where T : Exception
        {
            try
            {
                test();
            }
            catch (T e)
            {
                return e;
            }
            throw new Exception("did not throw " + typeof(T));
        }

        /// <summary>That the library refuses with this code, and names the word.</summary>
        internal static void Fails(ErrorCode code, string word, Action test)
        {
            var e = Throws<Gemma4Exception>(test);
            Equal(code, e.Code);
            That(e.Message.Contains(word), "\"" + e.Message + "\" names " + word);
        }
    }
}
