using System;
using System.Threading;

namespace Gemma4
{
    /// <summary>A native cancel flag that a token sets while one call runs.</summary>
    internal sealed class Cancellation : IDisposable
    {
        private static readonly Action<object> Set = flag => Flat.gemma4_cancel_set((IntPtr)flag);

        private readonly CancellationToken _token;
        private readonly CancellationTokenRegistration _registration;

        internal Cancellation(CancellationToken token)
        {
            _token = token;
            if (!token.CanBeCanceled) return;
            var flag = new IntPtr[1];
            Flat.gemma4_cancel_create(flag);
            Flag = flag[0];
            _registration = token.Register(Set, Flag);
        }

        /// <summary>The flag; zero for a token that is never cancelled.</summary>
        internal IntPtr Flag { get; private set; }

        /// <summary>What the failure is for the caller: his own cancelling, or an error.</summary>
        internal Exception Explain(Gemma4Exception e)
        {
            return e.Code == ErrorCode.Cancelled && _token.IsCancellationRequested
                ? new OperationCanceledException(e.Message, e, _token)
                : (Exception)e;
        }

        public void Dispose()
        {
            if (Flag == IntPtr.Zero) return;
            _registration.Dispose(); // waits for a Set that is running
            Flat.gemma4_cancel_free(Flag);
            Flag = IntPtr.Zero;
        }
    }
}
