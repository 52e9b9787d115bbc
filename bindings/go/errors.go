package gemma4

import (
	"context"
	"errors"

	"gemma4/flat"
)

// Code is why a call failed. It is an error itself, to be given to errors.Is.
type Code int32

// The library's status codes.
const (
	ErrInvalidArgument Code = flat.GEMMA4_ERROR_INVALID_ARGUMENT // an argument outside what is allowed
	ErrInvalidUTF8     Code = flat.GEMMA4_ERROR_INVALID_UTF8     // text that is not UTF-8
	ErrOutOfMemory     Code = flat.GEMMA4_ERROR_OUT_OF_MEMORY    // the memory is exhausted
	ErrMemoryBudget    Code = flat.GEMMA4_ERROR_MEMORY_BUDGET    // LoadOptions.MemoryBudgetBytes
	ErrNotFound        Code = flat.GEMMA4_ERROR_NOT_FOUND        // there is no such file
	ErrIO              Code = flat.GEMMA4_ERROR_IO               // a file cannot be read or written
	ErrCorrupt         Code = flat.GEMMA4_ERROR_CORRUPT          // a file contradicts its format
	ErrUnsupported     Code = flat.GEMMA4_ERROR_UNSUPPORTED      // this version does not know it
	ErrUnsupportedCPU  Code = flat.GEMMA4_ERROR_UNSUPPORTED_CPU  // the CPU lacks instructions
	ErrContextFull     Code = flat.GEMMA4_ERROR_CONTEXT_FULL     // the session has no room for it
	ErrCancelled       Code = flat.GEMMA4_ERROR_CANCELLED        // by a context
	ErrStopped         Code = flat.GEMMA4_ERROR_STOPPED          // by a callback
	ErrBusy            Code = flat.GEMMA4_ERROR_BUSY             // another goroutine uses the session
	ErrState           Code = flat.GEMMA4_ERROR_STATE            // it does not fit what was done before
	ErrInternal        Code = flat.GEMMA4_ERROR_INTERNAL         // a fault of the library
)

// Error is the code in words: "not found".
func (c Code) Error() string { return flat.Gemma4_status_name(int32(c)) }

// ErrClosed is the error of using what is closed.
var ErrClosed = errors.New("gemma4: it is closed")

// Error is a failed call: a code, and a message that names the thing, the value found and the value
// allowed.
type Error struct {
	Code    Code
	Message string
	cause   error // the context's, when it cancelled the call
}

func (e *Error) Error() string { return e.Message }

// Is makes errors.Is(err, ErrNotFound) work.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap returns what the context said, if it cancelled the call.
func (e *Error) Unwrap() error { return e.cause }

// explain makes an *Error of what the flat layer returned.
func explain(ctx context.Context, err error) error {
	failed, ok := err.(*flat.Error)
	if !ok {
		return err
	}
	e := &Error{Code: Code(failed.Code), Message: failed.Text}
	if e.Code == ErrCancelled && ctx != nil {
		e.cause = ctx.Err()
	}
	return e
}
