package gemma4

import "gemma4/flat"

// ThreadPool is threads that several models compute on, given to their loads by
// LoadOptions.ThreadPool. The models take turns, so that together they keep no more threads busy than
// one of them would. A model goes on working after its pool was closed; the threads end with
// whichever is closed last.
type ThreadPool struct{ handle *handle }

// NewThreadPool starts threads, which sleep until a model computes. Their number includes the
// caller's; 0: one for each physical core.
func NewThreadPool(numThreads int) (*ThreadPool, error) {
	n, err := count("numThreads", numThreads)
	if err != nil {
		return nil, err
	}
	out := make([]uintptr, 1)
	if err := flat.Gemma4_thread_pool_create(n, out); err != nil {
		return nil, explain(nil, err)
	}
	return &ThreadPool{newHandle("thread pool", out[0], flat.Gemma4_thread_pool_free)}, nil
}

// NumThreads is how many threads compute, the caller's included; 0 of a closed pool.
func (p *ThreadPool) NumThreads() int {
	return int(get(p.handle, flat.Gemma4_thread_pool_num_threads))
}

// with calls with the native pool, which is not freed meanwhile; 0 for nil.
func (p *ThreadPool) with(call func(pool uintptr) error) error {
	if p == nil {
		return call(0)
	}
	return p.handle.use(call)
}

// Close gives the pool back. Models that were loaded with it keep its threads.
func (p *ThreadPool) Close() error {
	p.handle.close()
	return nil
}
