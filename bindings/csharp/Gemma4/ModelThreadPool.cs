using System;

namespace Gemma4
{
    /// <summary>
    /// Threads that several models compute on, given to their loads by LoadOptions.ThreadPool. The models
    /// take turns, so that together they keep no more threads busy than one of them would. A model goes on
    /// working after its pool was disposed; the threads end with whichever is disposed last.
    /// </summary>
    public sealed class ModelThreadPool : IDisposable
    {
        private readonly ThreadPoolHandle _handle;

        /// <summary>Starts threads, which sleep until a model computes.</summary>
        /// <param name="numThreads">
        /// That compute, the caller's included; 0: one for each physical core.
        /// </param>
        public ModelThreadPool(int numThreads = 0)
        {
            var pool = new IntPtr[1];
            Flat.gemma4_thread_pool_create(LoadOptions.Count(numThreads, "numThreads"), pool);
            _handle = new ThreadPoolHandle(pool[0]);
        }

        /// <summary>Threads that compute, the caller's included.</summary>
        public int NumThreads
        {
            get { using (Use p = _handle.Use()) return (int)Flat.gemma4_thread_pool_num_threads(p.Address); }
        }

        /// <summary>One use of the pool, for a load.</summary>
        internal Use Use()
        {
            return _handle.Use();
        }

        /// <summary>Gives the pool back. Models that were loaded with it keep its threads.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }
    }
}
