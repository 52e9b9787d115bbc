package flat

/*
#include <stddef.h>
#include <stdint.h>
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
)

// Callbacks is what C calls back. Give uintptr(cgo.NewHandle(callbacks)) as userdata, with
// EventCallback, ProgressCallback, ReadAtCallback, WriteCallback or ReadCallback as the function. An error ends the C call and is
// kept in Err; so is a panic, as PanicError: it cannot cross C.
type Callbacks struct {
	Event    func(event uintptr) error                              // its address is valid during the call
	Progress func(doneBytes, totalBytes uint64) error               // how far a load is
	ReadAt   func(offset uint64, buffer uintptr, size uint64) error // fills the buffer
	Write    func(bytes uintptr, size uint64) error                 // takes the next bytes
	Read     func(buffer uintptr, size uint64) error                // fills the buffer with the next
	Err      error
}

// PanicError is a callback's panic.
type PanicError struct{ Value any }

func (e *PanicError) Error() string { return fmt.Sprint("panic: ", e.Value) }

func answer(userdata C.uintptr_t, call func(c *Callbacks) error) (result C.int) {
	c := cgo.Handle(userdata).Value().(*Callbacks)
	defer func() {
		if value := recover(); value != nil {
			c.Err, result = &PanicError{value}, 1
		}
	}()
	if err := call(c); err != nil {
		c.Err = err
		return 1
	}
	return 0
}

//export gemma4_go_event
func gemma4_go_event(event C.uintptr_t, userdata C.uintptr_t) C.int {
	return answer(userdata, func(c *Callbacks) error { return c.Event(uintptr(event)) })
}

//export gemma4_go_progress
func gemma4_go_progress(done, total C.uint64_t, userdata C.uintptr_t) C.int {
	return answer(userdata, func(c *Callbacks) error {
		return c.Progress(uint64(done), uint64(total))
	})
}

//export gemma4_go_read_at
func gemma4_go_read_at(offset C.uint64_t, buffer C.uintptr_t, size C.size_t,
	userdata C.uintptr_t) C.int {
	return answer(userdata, func(c *Callbacks) error {
		return c.ReadAt(uint64(offset), uintptr(buffer), uint64(size))
	})
}

//export gemma4_go_write
func gemma4_go_write(bytes C.uintptr_t, size C.size_t, userdata C.uintptr_t) C.int {
	return answer(userdata, func(c *Callbacks) error {
		return c.Write(uintptr(bytes), uint64(size))
	})
}

//export gemma4_go_read
func gemma4_go_read(buffer C.uintptr_t, size C.size_t, userdata C.uintptr_t) C.int {
	return answer(userdata, func(c *Callbacks) error {
		return c.Read(uintptr(buffer), uint64(size))
	})
}
