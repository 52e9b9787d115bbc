using System;

namespace Gemma4
{
    /// <summary>Why a call failed: the library's status codes.</summary>
    public enum ErrorCode
    {
        /// <summary>An argument outside what is allowed.</summary>
        InvalidArgument = 1,
        /// <summary>Text that is not UTF-8: in C#, half a surrogate pair.</summary>
        InvalidUtf8 = 2,
        /// <summary>The native memory is exhausted.</summary>
        OutOfMemory = 3,
        /// <summary>LoadOptions.MemoryBudgetBytes would have been exceeded.</summary>
        MemoryBudget = 4,
        /// <summary>There is no such file.</summary>
        NotFound = 5,
        /// <summary>A file cannot be read or written.</summary>
        IO = 6,
        /// <summary>A file contradicts its format or itself.</summary>
        Corrupt = 7,
        /// <summary>A model, a format or a request that this version does not know.</summary>
        Unsupported = 8,
        /// <summary>The CPU lacks instructions that the library was built for.</summary>
        UnsupportedCpu = 9,
        /// <summary>The session has no room for it.</summary>
        ContextFull = 10,
        /// <summary>The call was cancelled. A token's cancelling is an OperationCanceledException.</summary>
        Cancelled = 11,
        /// <summary>By a callback.</summary>
        Stopped = 12,
        /// <summary>Another thread is using the session.</summary>
        Busy = 13,
        /// <summary>The call does not fit what was done before.</summary>
        State = 14,
        /// <summary>A fault of the library. Please report it.</summary>
        Internal = 15
    }

    /// <summary>
    /// A call of the library failed. The message names the thing, the value found and the one allowed.
    /// </summary>
    public class Gemma4Exception : Exception
    {
        /// <summary>An exception with a status code, as in C, and a message.</summary>
        public Gemma4Exception(int code, string message) : base(message)
        {
            Code = (ErrorCode)code;
        }

        /// <summary>Why the call failed. May be a number that ErrorCode does not list.</summary>
        public ErrorCode Code { get; private set; }
    }
}
