using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Gemma4
{
    /// <summary>The files of a checkpoint in memory, pinned until disposed.</summary>
    internal sealed class MemoryFiles : IDisposable
    {
        private readonly List<GCHandle> _pins = new List<GCHandle>();

        internal MemoryFiles(IReadOnlyDictionary<string, byte[]> files)
        {
            if (files == null) throw new ArgumentNullException("files");
            Count = (ulong)files.Count;
            Address = Flat.gemma4_memory_file_alloc(Count);
            try
            {
                ulong i = 0;
                foreach (KeyValuePair<string, byte[]> file in files)
                {
                    IntPtr one = Flat.gemma4_memory_file_at(Address, i++);
                    GCHandle pin = GCHandle.Alloc(file.Value, GCHandleType.Pinned);
                    _pins.Add(pin);
                    Flat.gemma4_memory_file_set_name(one, file.Key);
                    Flat.gemma4_memory_file_set_data(one, pin.AddrOfPinnedObject());
                    Flat.gemma4_memory_file_set_size_bytes(one, (ulong)file.Value.Length);
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal IntPtr Address { get; private set; }

        internal ulong Count { get; private set; }

        public void Dispose()
        {
            Flat.gemma4_memory_file_free(Address, Count);
            foreach (GCHandle pin in _pins) pin.Free();
            _pins.Clear();
        }
    }
}
