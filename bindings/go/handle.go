package gemma4

import (
	"fmt"
	"log"
	"runtime"
	"sync"
)

// OnLeak hears of a model, a model info, a session or a thread pool that was collected without having
// been closed. It is not freed: a finalizer only warns. Set it before anything is loaded.
var OnLeak = func(what string) { log.Printf("gemma4: a %s was not closed", what) }

// handle is a native object that is freed once: when it is closed and no call is using it.
type handle struct {
	name string
	free func(address uintptr)

	mu      sync.Mutex
	address uintptr
	numUses int
	closed  bool
}

func newHandle(name string, address uintptr, free func(uintptr)) *handle {
	h := &handle{name: name, address: address, free: free}
	runtime.SetFinalizer(h, func(h *handle) {
		if !h.closed {
			OnLeak(h.name)
		}
	})
	return h
}

// use calls with the address; the object is not freed meanwhile.
func (h *handle) use(call func(address uintptr) error) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return fmt.Errorf("%s: %w", h.name, ErrClosed)
	}
	h.numUses++
	h.mu.Unlock()

	defer func() {
		h.mu.Lock()
		h.numUses--
		isLast := h.closed && h.numUses == 0
		h.mu.Unlock()
		if isLast {
			h.free(h.address)
		}
	}()
	return call(h.address)
}

func (h *handle) close() {
	h.mu.Lock()
	isLast := !h.closed && h.numUses == 0
	h.closed = true
	h.mu.Unlock()
	if isLast {
		h.free(h.address)
	}
}

// get reads a number or a text; of what is closed, the zero value.
func get[T any](h *handle, read func(address uintptr) T) T {
	var value T
	_ = h.use(func(address uintptr) error {
		value = read(address)
		return nil
	})
	return value
}
