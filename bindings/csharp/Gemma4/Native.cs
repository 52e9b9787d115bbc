using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Gemma4
{
    /// <summary>Text as C has it: UTF-8.</summary>
    internal static class NativeText
    {
        private static readonly UTF8Encoding Strict =
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        /// <summary>The UTF-8 of a text, without a NUL.</summary>
        internal static byte[] Bytes(string text, string name)
        {
            if (text == null) throw new ArgumentNullException(name);
            try
            {
                return Strict.GetBytes(text);
            }
            catch (EncoderFallbackException)
            {
                throw new Gemma4Exception(
                    (int)ErrorCode.InvalidUtf8, "the text holds half a surrogate pair, which is no UTF-8");
            }
        }

        /// <summary>The UTF-8 of a text and a NUL; null for null.</summary>
        internal static byte[] ToUtf8(string text)
        {
            if (text == null) return null;
            int nul = text.IndexOf('\0');
            if (nul >= 0) throw new ArgumentException("a NUL at " + nul + " would end the text");
            return Bytes(text + "\0", "text");
        }

        /// <summary>Texts one after the other, each with a NUL: as the flat layer takes lists.</summary>
        internal static byte[] List(IEnumerable<string> texts)
        {
            var all = new List<byte>();
            foreach (string text in texts)
            {
                if (text == null) throw new ArgumentNullException("texts");
                all.AddRange(ToUtf8(text));
            }
            return all.ToArray();
        }

        /// <summary>The text at an address, up to its NUL; null for no address.</summary>
        internal static string FromUtf8(IntPtr address)
        {
            if (address == IntPtr.Zero) return null;
            int size = 0;
            while (Marshal.ReadByte(address, size) != 0) size++;
            return FromUtf8(address, (ulong)size);
        }

        internal static string FromUtf8(IntPtr address, ulong size)
        {
            if (size == 0) return "";
            var bytes = new byte[checked((int)size)];
            Marshal.Copy(address, bytes, 0, bytes.Length);
            return Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>Errors as the flat layer returns them.</summary>
    internal static class NativeError
    {
        internal static void ThrowIfFailed(IntPtr error)
        {
            if (error == IntPtr.Zero) return;
            int code = Flat.error_code(error);
            string message = NativeText.FromUtf8(Flat.error_text(error), Flat.error_text_size(error));
            Flat.error_free(error);
            throw new Gemma4Exception(code, message);
        }
    }

    /// <summary>
    /// A native object: freed when its owner is disposed or collected, and no call is using it.
    /// </summary>
    internal abstract class NativeHandle : SafeHandle
    {
        private readonly string _name;

        protected NativeHandle(string name, IntPtr address) : base(IntPtr.Zero, true)
        {
            _name = name;
            SetHandle(address);
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        /// <summary>One use of the object, which keeps it from being freed until disposed.</summary>
        internal Use Use()
        {
            bool added = false;
            try
            {
                DangerousAddRef(ref added);
            }
            catch (ObjectDisposedException)
            {
                throw new ObjectDisposedException(_name);
            }
            return new Use(this, handle);
        }
    }

    internal struct Use : IDisposable
    {
        private readonly NativeHandle _handle;
        internal readonly IntPtr Address;

        internal Use(NativeHandle handle, IntPtr address)
        {
            _handle = handle;
            Address = address;
        }

        public void Dispose()
        {
            _handle.DangerousRelease();
        }
    }

    internal sealed class ModelHandle : NativeHandle
    {
        internal ModelHandle(IntPtr address) : base("Model", address) { }

        protected override bool ReleaseHandle()
        {
            Flat.gemma4_model_free(handle);
            return true;
        }
    }

    internal sealed class ThreadPoolHandle : NativeHandle
    {
        internal ThreadPoolHandle(IntPtr address) : base("ModelThreadPool", address) { }

        protected override bool ReleaseHandle()
        {
            Flat.gemma4_thread_pool_free(handle);
            return true;
        }
    }

    internal sealed class ModelInfoHandle : NativeHandle
    {
        private readonly IDisposable _files; // what the info reads; null: nothing

        internal ModelInfoHandle(IntPtr address, IDisposable files) : base("ModelInfo", address)
        {
            _files = files;
        }

        protected override bool ReleaseHandle()
        {
            Flat.gemma4_model_info_free(handle);
            if (_files != null) _files.Dispose();
            return true;
        }
    }

    internal sealed class SessionHandle : NativeHandle
    {
        internal SessionHandle(IntPtr address) : base("Session", address) { }

        protected override bool ReleaseHandle()
        {
            Flat.gemma4_session_free(handle);
            return true;
        }
    }
}
