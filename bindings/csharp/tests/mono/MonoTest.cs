namespace Gemma4.Tests
{
    /// <summary>The whole test where there is no .NET SDK.</summary>
    internal static class MonoTest
    {
        internal static int Main()
        {
            return BindingTest.RunAll();
        }
    }
}
