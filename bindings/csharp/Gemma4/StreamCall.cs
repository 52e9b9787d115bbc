using System;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Gemma4
{
    /// <summary>One saving or restoring through a stream.</summary>
    internal sealed class StreamCall
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int BytesFunction(IntPtr bytes, UIntPtr size, IntPtr userdata);

        // The delegates live as long as the program, and so do the functions made of them.
        private static readonly BytesFunction WriteDelegate = OnWrite;
        private static readonly BytesFunction ReadDelegate = OnRead;

        private readonly Stream _stream;
        private readonly byte[] _piece = new byte[1 << 16];
        private ExceptionDispatchInfo _thrown;

        private StreamCall(Stream stream)
        {
            _stream = stream;
        }

        internal static IntPtr Writer
        {
            get { return Marshal.GetFunctionPointerForDelegate(WriteDelegate); }
        }

        internal static IntPtr Reader
        {
            get { return Marshal.GetFunctionPointerForDelegate(ReadDelegate); }
        }

        /// <param name="stream">Written to or read from.</param>
        /// <param name="token">Ends the call.</param>
        /// <param name="native">Is given userdata and a cancel flag.</param>
        internal static void Run(Stream stream, CancellationToken token, Action<IntPtr, IntPtr> native)
        {
            if (stream == null) throw new ArgumentNullException("stream");
            var call = new StreamCall(stream);
            GCHandle userdata = GCHandle.Alloc(call);
            var cancellation = new Cancellation(token);
            try
            {
                native(GCHandle.ToIntPtr(userdata), cancellation.Flag);
            }
            catch (Gemma4Exception e)
            {
                if (call._thrown != null) call._thrown.Throw();
                Exception explained = cancellation.Explain(e);
                if (!ReferenceEquals(explained, e)) throw explained;
                throw;
            }
            finally
            {
                cancellation.Dispose();
                userdata.Free();
            }
        }

        [MonoPInvokeCallback(typeof(BytesFunction))]
        private static int OnWrite(IntPtr bytes, UIntPtr size, IntPtr userdata)
        {
            return Transfer(bytes, size, userdata, (call, address, count) =>
            {
                Marshal.Copy(address, call._piece, 0, count);
                call._stream.Write(call._piece, 0, count);
                return count;
            });
        }

        [MonoPInvokeCallback(typeof(BytesFunction))]
        private static int OnRead(IntPtr bytes, UIntPtr size, IntPtr userdata)
        {
            return Transfer(bytes, size, userdata, (call, address, count) =>
            {
                int read = call._stream.Read(call._piece, 0, count);
                Marshal.Copy(call._piece, 0, address, read);
                return read;
            });
        }

        /// <summary>Piece by piece; 1 where the stream ends early or throws.</summary>
        private static int Transfer(
            IntPtr bytes, UIntPtr size, IntPtr userdata, Func<StreamCall, IntPtr, int, int> move)
        {
            var call = (StreamCall)GCHandle.FromIntPtr(userdata).Target;
            try
            {
                long address = bytes.ToInt64();
                for (ulong left = (ulong)size; left > 0;)
                {
                    int count = (int)Math.Min((ulong)call._piece.Length, left);
                    int moved = move(call, new IntPtr(address), count);
                    if (moved <= 0) return 1; // the library says what that means
                    address += moved;
                    left -= (ulong)moved;
                }
                return 0;
            }
            catch (Exception e)
            {
                call._thrown = ExceptionDispatchInfo.Capture(e); // nothing thrown crosses C
                return 1;
            }
        }
    }
}
