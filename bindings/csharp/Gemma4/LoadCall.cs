using System;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Gemma4
{
    /// <summary>Tells ahead-of-time compilers (Unity's IL2CPP) that C calls a method.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        public MonoPInvokeCallbackAttribute(Type type) { }
    }

    /// <summary>One load: its parameters, its progress, its cancelling, where its bytes come from.</summary>
    internal sealed class LoadCall
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int ProgressFunction(ulong doneBytes, ulong totalBytes, IntPtr userdata);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int ReadFunction(ulong offset, IntPtr buffer, UIntPtr size, IntPtr userdata);

        // The delegates live as long as the program, and so do the functions made of them.
        private static readonly ProgressFunction ProgressDelegate = OnProgress;
        private static readonly ReadFunction ReadDelegate = OnRead;

        private readonly IProgress<float> _progress;
        private readonly Stream _source;
        private ExceptionDispatchInfo _thrown;

        /// <summary>A load as the library takes it.</summary>
        internal delegate void Native(IntPtr loadParams, IntPtr userdata);

        private LoadCall(IProgress<float> progress, Stream source)
        {
            _progress = progress;
            _source = source;
        }

        /// <summary>The function that reads from the source of a call, for gemma4_model_load_reader.</summary>
        internal static IntPtr Reader
        {
            get { return Marshal.GetFunctionPointerForDelegate(ReadDelegate); }
        }

        internal static void Run(
            LoadOptions options, IProgress<float> progress, Stream source, bool copyFiles,
            CancellationToken cancellationToken, Native native)
        {
            var call = new LoadCall(progress, source);
            GCHandle userdata = GCHandle.Alloc(call);
            IntPtr loadParams = IntPtr.Zero;
            var cancellation = new Cancellation(cancellationToken);
            try
            {
                loadParams = (options ?? new LoadOptions()).NewNative();
                Flat.gemma4_load_params_set_copy_files(loadParams, copyFiles ? 1 : 0);
                Flat.gemma4_load_params_set_cancel(loadParams, cancellation.Flag);
                if (progress != null)
                {
                    Flat.gemma4_load_params_set_progress(
                        loadParams, Marshal.GetFunctionPointerForDelegate(ProgressDelegate));
                    Flat.gemma4_load_params_set_progress_userdata(loadParams, GCHandle.ToIntPtr(userdata));
                }
                if (options == null || options.ThreadPool == null)
                {
                    native(loadParams, GCHandle.ToIntPtr(userdata));
                    return;
                }
                using (Use pool = options.ThreadPool.Use())
                {
                    Flat.gemma4_load_params_set_thread_pool(loadParams, pool.Address);
                    native(loadParams, GCHandle.ToIntPtr(userdata));
                }
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
                if (loadParams != IntPtr.Zero) Flat.gemma4_load_params_free(loadParams, 1);
                userdata.Free();
            }
        }

        [MonoPInvokeCallback(typeof(ProgressFunction))]
        private static int OnProgress(ulong doneBytes, ulong totalBytes, IntPtr userdata)
        {
            var call = (LoadCall)GCHandle.FromIntPtr(userdata).Target;
            try
            {
                call._progress.Report(totalBytes == 0 ? 1 : (float)((double)doneBytes / totalBytes));
                return 0;
            }
            catch (Exception e)
            {
                call._thrown = ExceptionDispatchInfo.Capture(e); // nothing thrown crosses C
                return 1;
            }
        }

        [MonoPInvokeCallback(typeof(ReadFunction))]
        private static int OnRead(ulong offset, IntPtr buffer, UIntPtr size, IntPtr userdata)
        {
            var call = (LoadCall)GCHandle.FromIntPtr(userdata).Target;
            try
            {
                Stream source = call._source;
                if (source.CanSeek) source.Position = checked((long)offset); // else pieces come in order
                var piece = new byte[1 << 16];
                ulong left = (ulong)size;
                long at = buffer.ToInt64();
                while (left > 0)
                {
                    int count = source.Read(piece, 0, (int)Math.Min((ulong)piece.Length, left));
                    if (count <= 0) throw new EndOfStreamException("the stream ends " + left + " bytes early");
                    Marshal.Copy(piece, 0, new IntPtr(at), count);
                    at += count;
                    left -= (ulong)count;
                }
                return 0;
            }
            catch (Exception e)
            {
                call._thrown = ExceptionDispatchInfo.Capture(e);
                return 1;
            }
        }
    }
}
