using System.Linq;

namespace Gemma4.Tests
{
    /// <summary>The whole test where there is no .NET SDK.</summary>
    internal static class MonoTest
    {
        internal static int Main(string[] arguments)
        {
            return arguments.Contains("cost") ? CostTest.RunAll() : BindingTest.RunAll();
        }
    }
}
